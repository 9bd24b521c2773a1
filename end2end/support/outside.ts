// The outside world of the world under test: its switches, and the cluster as anybody else sees it.

import { readFileSync } from 'node:fs'
import { expect } from '@playwright/test'
import { world } from './world'

/** Switches something; what is not named stays. */
export async function scenario(change: object): Promise<void> {
  const answer = await fetch(`${world().sandbox}/scenario`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  })
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
}

/** A world in which everything works. */
export async function reset(): Promise<void> {
  await fetch(`${world().sandbox}/reset`, { method: 'POST' })
}

const server = () => readFileSync(world().kubeconfig, 'utf8').match(/server: *"?(\S+?)"?\s/)![1]
const DEPLOYMENT = '/apis/apps/v1/namespaces/integrations/deployments/posthog-integration'

interface Deployment {
  spec: { replicas: number; paused?: boolean; strategy: object; template: { spec: { containers: { image: string }[] } } }
  status: { readyReplicas?: number; updatedReplicas?: number; replicas?: number }
}

export async function deployment(): Promise<Deployment> {
  return (await (await fetch(server() + DEPLOYMENT)).json()) as Deployment
}

/** Waits until the cluster runs this image everywhere and nothing moves. */
export async function settled(image: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { spec, status } = await deployment()
        const { replicas } = spec
        const all = [status.replicas, status.readyReplicas, status.updatedReplicas].every((count) => count === replicas)
        return all && !spec.paused ? spec.template.spec.containers[0].image : 'moving'
      },
      { timeout: 30_000 },
    )
    .toBe(image)
}

/** What anybody with kubectl could do. */
export async function patch(change: object): Promise<void> {
  const answer = await fetch(server() + DEPLOYMENT, {
    method: 'PATCH',
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: JSON.stringify(change),
  })
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
}
