// What comes in as a document and what goes out as one.

import { readFileSync } from 'node:fs'
import { expect, test } from '../support/test'
import { item, openSmall, post, SMALL, visit } from '../support/go-live'
import { pdfText } from '../support/pdf'

test('a Markdown document is looked at before it becomes a checklist', async ({ as }) => {
  const ana = await as('ana')
  await ana.goto('/go-lives/import')
  await ana.getByLabel('Markdown').fill(`${SMALL}\n## Later (after the rollout)\n- [x] Was ticked elsewhere\n`)
  await ana.getByRole('button', { name: 'Show the preview' }).click()
  const preview = ana.locator('.preview')
  await expect(preview).toContainText('Security')
  await expect(preview).toContainText('Webhooks use HTTPS')
  await expect(preview).toContainText('4 items')
  await expect(ana.getByLabel('Markdown')).toHaveValue(/The runbook was rehearsed/)

  // What is missing is said beside the field, and the document is still there.
  const create = ana.getByRole('button', { name: 'Open the go-live with this checklist' })
  await ana.getByLabel('Integration').fill('imported')
  await create.click()
  await expect(ana.getByLabel('Image to go out')).toHaveAttribute('aria-invalid', 'true')
  await expect(ana.getByLabel('Integration')).toHaveValue('imported')
  await expect(preview).toContainText('Webhooks use HTTPS')

  await ana.getByLabel('Image to go out').fill('registry.example/imported:v1')
  await ana.getByLabel('Environment').fill('staging')
  for (const label of ['Namespace', 'Deployment', 'Container']) await ana.getByLabel(label).fill('imported')
  await create.click()
  await expect(ana).toHaveURL(/\/go-lives\/[0-9a-f-]{36}$/)
  await expect(item(ana, 'webhooks-use-https')).toBeVisible()
  // Nobody has said anything yet, whatever the document said.
  await expect(item(ana, 'was-ticked-elsewhere').locator('.standing')).toContainText('open')
})

test('a document without items says what an item looks like', async ({ as }) => {
  const ana = await as('ana')
  await ana.goto('/go-lives/import')
  await ana.getByLabel('Markdown').fill('# Only words\n\nand more words')
  await ana.getByRole('button', { name: 'Show the preview' }).click()
  await expect(ana.locator('main')).toContainText('- [ ]')
  await expect(ana.getByRole('button', { name: 'Open the go-live with this checklist' })).toHaveCount(0)
  await expect(ana.getByLabel('Markdown')).toHaveValue('# Only words\n\nand more words')
})

test('a go-live leaves as Markdown and as CSV, with signers and times', async ({ as }) => {
  const ana = await as('ana')
  const path = await openSmall(ana)
  const note = 'With a comma, a "quote" and = a sign'
  await post(ana, `${path}/items/keys-are-in-the-vault/sign`, { seen: '0', note, evidence: 'https://ci.example/1' })
  await visit(ana, path)
  await ana.getByText('Record and release').click()
  const take = async (name: string) => {
    const [download] = await Promise.all([ana.waitForEvent('download'), ana.getByRole('link', { name }).click()])
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
  }
  const markdown = await take('Export as Markdown')
  expect(markdown.name).toMatch(/\.md$/)
  expect(markdown.text).toContain('- [x] Keys are in the vault')
  expect(markdown.text).toContain('- [ ] Webhooks use HTTPS')
  expect(markdown.text).toContain('Ana Duarte')
  expect(markdown.text).toMatch(/\d{4}-\d\d-\d\d.\d\d:\d\d(:\d\d)? ?(UTC|Z)/)
  const csv = await take('Export as CSV')
  expect(csv.name).toMatch(/\.csv$/)
  expect(csv.text.split('\n').filter((line) => line.trim())).not.toHaveLength(1)
  expect(csv.text).toContain('Ana Duarte')
  expect(csv.text).toContain('"With a comma, a ""quote"" and = a sign"')
})

test('the record prints as a document with signers and times and without the frame of the screen', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await post(ana, `${path}/items/keys-are-in-the-vault/sign`, { seen: '0', note: 'Seen', evidence: '' })
  await post(rui, `${path}/items/webhooks-use-https/tick`, { seen: '0' })
  await ana.goto(`${path}/print`)
  const text = pdfText(await ana.pdf({ format: 'A4' }))
  for (const expected of ['Go-live record', 'Keys are in the vault', 'Ana Duarte', 'Rui Matos', 'UTC', 'v2.5.0', 'Release manager']) {
    expect(text).toContain(expected)
  }
  expect(text).toMatch(/\d\d:\d\d/)
  for (const frame of ['New go-live', 'Sign out', 'Back to the go-live', 'Keyboard', 'Live']) expect(text).not.toContain(frame)
})
