// Where the world under test is, as `cargo xtask e2e` describes it.

export interface SignIn {
  login: string
  password: string
  name: string
  role: string
}

export interface World {
  url: string
  /** The outside world's control endpoint: POST /scenario, POST /reset. */
  sandbox: string
  prometheus: string
  kubeconfig: string
  database: string
  sign_ins: SignIn[]
  /** How the panel was started, for tests that start one of their own. */
  panel: { program: string; environment: Record<string, string> }
}

export function world(): World {
  const text = process.env.GANTRY_WORLD
  if (!text) throw new Error('There is no world to test. Start the browser tests with: cargo xtask e2e')
  return JSON.parse(text) as World
}

/** The demo's person of that login: ana is an admin, rui a release manager, sam a stakeholder. */
export function person(login: 'ana' | 'rui' | 'sam'): SignIn {
  const found = world().sign_ins.find((one) => one.login === login)
  if (!found) throw new Error(`The demo has nobody called ${login}`)
  return found
}
