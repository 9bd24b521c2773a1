// A panel of a test's own, beside the world's: to kill it, to take its database away, to give it an identity provider.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { world } from './world'

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export class Panel {
  private child?: ChildProcess
  private said = ''

  private constructor(
    readonly port: number,
    private readonly environment: Record<string, string>,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<Panel> {
    const panel = new Panel(await freePort(), environment)
    await panel.start()
    return panel
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts it again on the same address, and returns when it answers. */
  async start(): Promise<void> {
    const { program, environment } = world().panel
    const child = spawn(program, ['serve'], {
      env: {
        ...process.env,
        ...environment,
        GANTRY_LISTEN: `127.0.0.1:${this.port}`,
        GANTRY_PUBLIC_URL: this.url,
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.said += text))
    const until = Date.now() + 20_000
    for (;;) {
      if (child.exitCode !== null) throw new Error(`The panel ended: ${this.said}`)
      if (Date.now() > until) throw new Error(`The panel does not answer: ${this.said}`)
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (answer?.ok) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Ends it without a word, as a crash would. */
  async kill(): Promise<void> {
    const child = this.child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
}

/** The way to the database, which can be closed. */
export class Way {
  private server?: Server
  private readonly open = new Set<Socket>()
  private readonly dir = mkdtempSync(join(tmpdir(), 'gantry-way-'))

  /** The database's address by this way. */
  get address(): string {
    return this.through().replace(this.there().dir, this.dir)
  }

  private through(): string {
    return decodeURIComponent(world().database)
  }

  private there(): { dir: string; socket: string } {
    const query = new URLSearchParams(this.through().split('?')[1])
    const dir = query.get('host')
    if (!dir) throw new Error(`No socket in ${world().database}`)
    return { dir, socket: join(dir, `.s.PGSQL.${query.get('port') ?? 5432}`) }
  }

  async allow(): Promise<void> {
    const { socket } = this.there()
    const server = createServer((near) => {
      const far = connect(socket)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ]) {
        this.open.add(one)
        one.pipe(other)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.open.delete(one)
          other.destroy()
        })
      }
    })
    const mine = join(this.dir, socket.slice(socket.lastIndexOf('/') + 1))
    rmSync(mine, { force: true })
    await new Promise<void>((resolve) => server.listen(mine, resolve))
    this.server = server
  }

  /** Nobody gets through, and whoever was through is cut off. */
  async close(): Promise<void> {
    const server = this.server
    this.server = undefined
    if (!server) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.open) socket.destroy()
    await closed
  }

  async remove(): Promise<void> {
    await this.close()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
