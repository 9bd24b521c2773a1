// Fails, so that `tests/leftovers.spec.ts` can look at what that leaves.

import { expect, test } from '../support/test'

test('a page is not what it should be', async ({ as }) => {
  const sam = await as('sam')
  await sam.goto('/go-lives')
  expect(await sam.title()).toBe('what no page is called')
})
