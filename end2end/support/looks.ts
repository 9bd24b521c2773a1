// What a page must not have, whoever looks at it: serious faults of accessibility, parts that stand out to the right.

import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'

export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

/** The serious faults that axe finds; with `rules` of these alone. */
export async function serious(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page })
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} (${node.any[0]?.message ?? node.failureSummary})`))
}

/** All that differs in the dark is what colours do. */
export const rulesFor = (colorScheme: 'light' | 'dark') =>
  colorScheme === 'dark' ? ['color-contrast', 'link-in-text-block'] : undefined

/** What stands out of the page to the right, with everything opened that can be. */
export const tooWide = (page: Page) =>
  page.evaluate(() => {
    document.querySelectorAll('main details:not([name])').forEach((one) => one.setAttribute('open', ''))
    const width = document.documentElement.clientWidth
    return [...document.querySelectorAll('body *')]
      // What is folded away has a place too, and is not seen there.
      .filter((one) => one.getBoundingClientRect().right > width + 1 && one.checkVisibility())
      .filter((one) => !one.closest('pre, .hidden-text, [class*=scroll]'))
      .map((one) => `${one.tagName}.${one.className} to ${Math.round(one.getBoundingClientRect().right)}`)
      .slice(0, 5)
  })
