// A real identity provider, in which everybody's password is right and the login says who somebody is.

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { Provider } from 'oidc-provider'

export const CLIENT = { id: 'gantry', secret: 'only-for-tests-0123456789' }

/** Who is known there, by the first part of their login: name, groups. */
const PEOPLE: Record<string, { name: string; groups: string[] }> = {
  mia: { name: 'Mia Keller', groups: ['everybody', 'gantry-release-managers'] },
  noa: { name: 'Noa Levi', groups: ['everybody'] },
}

export interface Running {
  issuer: string
  stop(): Promise<void>
}

/** A new key; whoever knows only the ones before does not believe what is signed with it. */
function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rest = { use: 'sig', alg: 'RS256', kid: randomUUID() }
  return {
    secret: { ...privateKey.export({ format: 'jwk' }), ...rest },
    shown: { ...publicKey.export({ format: 'jwk' }), ...rest },
  }
}

/** Every start is with a key of its own. */
export async function startProvider(
  port: number,
  panel: string,
  { showsOtherKeys = false } = {},
): Promise<Running> {
  // Another host than the panel's, as in real life: what its cookies allow is part of the test.
  const issuer = `http://localhost:${port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${panel}/sign-in/oidc/back`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub'], profile: ['name'], email: ['email'], groups: ['groups'] },
    cookies: { keys: ['only for tests'] },
    jwks: { keys: [newKey().secret] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.test`, ...PEOPLE[id.split('.')[0]] }),
    }),
  })
  if (showsOtherKeys) {
    provider.use(async (ctx: { path: string; body: unknown }, next: () => Promise<void>) => {
      await next()
      if (ctx.path === '/jwks') ctx.body = { keys: [newKey().shown] }
    })
  }
  const server = await new Promise<Server>((resolve) => {
    const listening: Server = provider.listen(port, 'localhost', () => resolve(listening))
  })
  return {
    issuer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
