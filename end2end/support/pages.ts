// The main pages, each with a path that opens it, on a go-live of the caller's own.

import type { Page } from '@playwright/test'
import { openGoLive, post } from './go-live'

export interface Named {
  name: string
  path: string
}

/** A go-live in the middle of its work, and every page that a signed-in person can open. */
export async function mainPages(ana: Page): Promise<Named[]> {
  const path = await openGoLive(ana, { from: 'registry.example/posthog-integration:v2.4.1' })
  const say = (item: string, act: string, fields: Record<string, string> = {}) =>
    post(ana, `${path}/items/${item}/${act}`, { seen: '0', ...fields })
  await say('staging-verified', 'sign', { note: 'Checked this morning', evidence: 'https://ci.example/runs/7' })
  await say('production-keys', 'sign', { note: 'Keys are in the vault' })
  await say('pipeline', 'tick')
  await say('webhooks-https', 'not-applicable', { reason: 'This integration receives no webhooks' })
  return [
    { name: 'overview', path: '/' },
    { name: 'health', path: '/health' },
    { name: 'admin', path: '/admin' },
    { name: 'people', path: '/admin/people' },
    { name: 'audit', path: '/admin/audit' },
    { name: 'go-lives', path: '/go-lives' },
    { name: 'new', path: '/go-lives/new' },
    { name: 'import', path: '/go-lives/import' },
    { name: 'console', path },
    { name: 'console-mine', path: `${path}?show=mine` },
    { name: 'item', path: `${path}/items/staging-verified` },
    { name: 'record', path: `${path}/print` },
    { name: 'thresholds', path: '/thresholds' },
    { name: 'thresholds-import', path: '/thresholds/import' },
    { name: 'not-found', path: '/go-lives/00000000-0000-4000-8000-000000000000' },
  ]
}
