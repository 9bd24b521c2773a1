// What a test leaves that fails: whoever reads about it sees what it saw.

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '../support/test'

/** Runs the test that fails, with results in a directory of its own; what it said. */
function fail(output: string): Promise<string> {
  const cli = ['node_modules/@playwright/test/cli.js', 'test', '--config', 'failing.config.ts']
  // Nothing of what one run tells its own workers may reach another.
  const { PATH, HOME, GANTRY_WORLD, GANTRY_CHROMIUM } = process.env
  const env = { PATH, HOME, GANTRY_WORLD, GANTRY_CHROMIUM }
  return new Promise((said) =>
    execFile(process.execPath, [...cli, '--reporter', 'line', '--output', output], { env }, (_, out, err) => said(out + err)),
  )
}

test('a test that fails leaves a screenshot and a trace', async () => {
  const output = mkdtempSync(join(tmpdir(), 'gantry-failing-'))
  try {
    const said = await fail(output)
    expect(said).toContain('1 failed')
    const results = readdirSync(output, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const files = results.flatMap(({ name }) => readdirSync(join(output, name)))
    expect(files, said).toContain('trace.zip')
    expect(files, said).toContainEqual(expect.stringMatching(/^test-failed-\d+\.png$/))
  } finally {
    rmSync(output, { recursive: true, force: true })
  }
})
