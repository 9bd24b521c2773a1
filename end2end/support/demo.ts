// The demo as `make run` serves it, with a directory of its own: started and stopped as a person at a terminal does.

import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePort } from './panel'
import { world } from './world'

export class Demo {
  private child?: ChildProcess
  private said = ''
  // The database's own user has to reach it.
  readonly dir = mkdtempSync('/var/tmp/gantry-demo-')

  private constructor(
    readonly url: string,
    private readonly environment: Record<string, string>,
  ) {
    chmodSync(this.dir, 0o755)
  }

  static async start(environment: Record<string, string> = {}): Promise<Demo> {
    const demo = new Demo(`http://127.0.0.1:${await freePort()}`, environment)
    await demo.start()
    return demo
  }

  /** Starts it in its directory and returns when it says that it is ready. */
  async start(): Promise<void> {
    const { DATABASE_URL: _ours, ...environment } = process.env
    const program = join(dirname(world().panel.program), 'xtask')
    // A process group of its own, as a shell gives to what is typed.
    const child = spawn(program, ['run', '--built', '--data', this.dir], {
      detached: true,
      env: { ...environment, GANTRY_LISTEN: new URL(this.url).host, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    this.said = ''
    await new Promise<void>((ready, failed) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text) => {
          this.said += text
          if (this.said.includes('Ctrl-C stops everything')) ready()
        })
      }
      child.once('exit', () => failed(new Error(`The demo did not start: ${this.said}`)))
    })
  }

  /** What it has printed since it was last started. */
  printed(): string {
    return this.said
  }

  /** The sign-ins that it printed: role, name to sign in with, password. */
  signIns(): { role: string; login: string; password: string }[] {
    const lines = this.said.matchAll(/^ {2}(\S.*?) {2,}(\S+) +(\S+) {2,}\S/gm)
    return [...lines].map(([, role, login, password]) => ({ role, login, password }))
  }

  /** Ctrl-C: the terminal tells every process of the group. Returns how it ended. */
  async interrupt(): Promise<number | null> {
    const child = this.child
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    process.kill(-child.pid, 'SIGINT')
    return ended
  }

  /** Every process that was told of its directory. */
  processes(): string[] {
    const read = (pid: string, file: string) => {
      try {
        return readFileSync(join('/proc', pid, file), 'latin1')
      } catch {
        return ''
      }
    }
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`)
    const about = (pid: string) => `${read(pid, 'cmdline')} ${read(pid, 'environ')}`
    return pids.filter((pid) => about(pid).includes(this.dir)).map((pid) => read(pid, 'cmdline').replaceAll('\0', ' '))
  }

  /** Whether it has a database of its own. */
  hasDatabase(): boolean {
    return existsSync(join(this.dir, 'postgres'))
  }

  async remove(): Promise<void> {
    await this.interrupt()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
