/** A browser for tests that use the service's pages like a person. */
import { existsSync } from 'node:fs'
import { type BrowserContext, chromium } from 'playwright-core'
import type { Test } from 'tap'
import { REAL } from '../app.ts'

const PLACES = [
  process.env.CHROMIUM ?? '',
  // Draws the same, and takes a third of the CPU.
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** No first-run tour, no updates, no telemetry. As root, it has no sandbox. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Opens a Chromium with an empty profile, closed when the test ends. If none is installed: null, and the test is skipped (failed in CI). */
export async function openBrowser(
  t: Test,
  options: { javaScriptEnabled?: boolean } = {},
): Promise<BrowserContext | null> {
  const executablePath = PLACES.find(existsSync)
  if (!executablePath) return missing(t)
  const browser = await chromium.launchPersistentContext('', {
    executablePath,
    chromiumSandbox: false,
    args: ARGUMENTS,
    viewport: { width: 1280, height: 1000 },
    ...options,
  })
  t.teardown(() => browser.close())
  browser.setDefaultTimeout(20_000)
  return browser
}

/**
 * For tests of what browsers make of pages and programs, which no database changes: on the embedded profile alone. What the pages call is tested on each
 * profile without a browser, and some of the journeys with one.
 */
export async function openBrowserOnEmbedded(
  t: Test,
  options?: Parameters<typeof openBrowser>[1],
): Promise<BrowserContext | null> {
  if (!REAL) return openBrowser(t, options)
  t.pass('seen on the embedded profile', { skip: 'what a browser makes of it does not depend on the profile' })
  return null
}

function missing(t: Test): null {
  if (process.env.CI === 'true') {
    t.fail('no Chromium or Chrome is installed')
    return null
  }
  console.error('NOT TESTED: the pages in a browser. Install Chromium or Chrome, or say where it is: CHROMIUM=/path')
  t.pass('needs Chromium or Chrome', { skip: 'not installed' })
  return null
}

/** Collects a page's errors, warnings and blocked resources from now on. 4xx responses that the page displays do not count. */
export function complaints(browser: BrowserContext): string[] {
  const heard: string[] = []
  browser.on('weberror', ({ error }) => void heard.push(error().message))
  browser.on('console', message => {
    if (!['error', 'warning'].includes(message.type())) return
    if (/the server responded with a status of 4\d\d/.test(message.text())) return
    heard.push(`${message.location().url}: ${message.text()}`)
  })
  return heard
}
