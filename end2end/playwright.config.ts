import { defineConfig } from '@playwright/test'
import { world } from './support/world'

// Debian's Chromium, not a downloaded one; no network use of its own.
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: false,
  // One world for all: flows that switch the outside world's scenario must not run beside others.
  workers: 1,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    baseURL: world().url,
    browserName: 'chromium',
    launchOptions: { executablePath: process.env.GANTRY_CHROMIUM ?? '/usr/bin/chromium', args: flags },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
  },
})
