// The main pages, each with a path that opens it, on a go-live of the caller's own.

import { expect, type Page } from '@playwright/test'
import { openGoLive, post } from './go-live'
import { openIncident } from './incident'

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
  await ana.goto('/admin/integrations')
  const integration = await ana.locator('main a[href^="/admin/integrations/"]').first().getAttribute('href')
  return [
    { name: 'overview', path: '/' },
    { name: 'health', path: '/health' },
    { name: 'admin', path: '/admin' },
    { name: 'people', path: '/admin/people' },
    { name: 'channels', path: '/admin/channels' },
    { name: 'integrations', path: '/admin/integrations' },
    { name: 'integration', path: integration! },
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

/**
 * Every page about incidents: one that somebody is at, looked at and acted on while the outside world is as the caller
 * switched it, and one that is over.
 */
export async function incidentPages(ana: Page): Promise<Named[]> {
  const over = await openIncident(ana, { severity: 'p3', title: 'Webhooks are late', impact: 'Webhooks arrive ten minutes late' })
  await ana.goto(over)
  await ana.getByRole('button', { name: 'I look at it' }).click()
  await ana.getByLabel(/^Note/).fill('The queue is empty')
  await ana.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(ana.locator('.incident-chips')).toContainText('resolved')
  await ana.goto(`${over}/postmortem`)
  for (const [section, text] of Object.entries({
    summary: 'Webhooks were late for ten minutes; none was lost.',
    'root-cause': 'A consumer waited for a lock that a migration held.',
  })) {
    await post(ana, `${over}/postmortem/sections/${section}`, { seen: '0', text })
  }
  const items = `${over}/postmortem/items`
  await post(ana, items, { what: 'Run migrations with a short lock time-out', owner: 'Rui Matos', due: '2031-05-01' })
  await post(ana, items, { what: 'Alert on the age of the oldest webhook', owner: 'Ana Duarte', due: '2024-05-01' })
  await post(ana, `${over}/evidence`, {})

  const now = await openIncident(ana, { title: 'The vendor refuses our key', impact: 'No event of the EU region is ingested' })
  const fresh = await openIncident(ana, { severity: 'p4', title: 'A dashboard has no data', impact: '' })
  await ana.goto(now)
  await ana.getByRole('button', { name: 'I look at it' }).click()
  await expect(ana.locator('.incident-chips')).toContainText('investigating')
  await ana.goto(`${now}/triage`)
  await ana.getByRole('button', { name: 'Take the four looks' }).click()
  await expect(ana.locator('.tree')).toBeVisible({ timeout: 15_000 })
  await post(ana, `${now}/triage/announced`, { answer: 'no', reason: 'Their support knows of nothing' })
  await ana.goto(`${now}/actions/rate-limit`)
  const confirm = ana.getByRole('button', { name: /RATE_LIMIT_MODE.* now/ })
  if (await confirm.isVisible()) await confirm.click()
  await expect(ana.locator('.action-done').first()).toContainText(/done/, { timeout: 45_000 })
  await post(ana, `${now}/notes`, { text: 'The key was rotated at 09:12; nobody told us', link: 'https://ci.example/runs/7' })
  await post(ana, `${now}/notes`, { text: 'We are working on delayed events', happened: '', link: '', public: 'on' })
  await ana.goto(`${now}/update`)
  await ana.getByLabel('Current action').fill('Replacing the key')
  await ana.getByLabel('For everybody, on the status page').fill('Events of the EU region are delayed. We are replacing a key.')
  await ana.getByRole('button', { name: 'Look at it first' }).click()
  await ana.getByRole('button', { name: 'Send it' }).click()
  await expect(ana.locator('.delivery').first()).toBeVisible()
  await post(ana, `${now}/evidence`, {})
  return [
    { name: 'incidents', path: '/incidents' },
    { name: 'incident-new', path: '/incidents/new' },
    { name: 'incident', path: now },
    { name: 'incident-fresh', path: fresh },
    { name: 'incident-over', path: over },
    { name: 'incident-update', path: `${now}/update` },
    { name: 'triage-fresh', path: `${fresh}/triage` },
    { name: 'triage', path: `${now}/triage` },
    { name: 'actions-fresh', path: `${fresh}/actions` },
    { name: 'actions', path: `${now}/actions` },
    { name: 'rehearsal', path: `${now}/actions/replace-key` },
    { name: 'rehearsal-restart', path: `${now}/actions/restart` },
    { name: 'evidence-fresh', path: `${fresh}/evidence` },
    { name: 'evidence', path: `${now}/evidence` },
    { name: 'postmortem-fresh', path: `${fresh}/postmortem` },
    { name: 'postmortem', path: `${over}/postmortem` },
    { name: 'status', path: '/status' },
  ]
}
