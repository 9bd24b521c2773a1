// The sizes and colours in which pictures are taken.

import type { Page } from '@playwright/test'

export const wide = { viewport: { width: 1440, height: 1000 } }
const narrow = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

export const looks = Object.entries({ wide, narrow }).flatMap(([size, options]) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ name: `${size}-${colorScheme}`, options: { ...options, colorScheme } })),
)

/** A page in each of them. */
export const inEach = (open: (options: (typeof looks)[number]['options']) => Promise<Page>) =>
  Promise.all(looks.map(async ({ name, options }) => ({ name, page: await open(options) })))
