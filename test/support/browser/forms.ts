/** What a person does with a form of the hosted pages. */
import type { Page } from 'playwright-core'

/** Fills the first form of the open page, sends it, and waits for what comes back. */
export async function send(page: Page, values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await page.locator(`[name=${name}]`).fill(value)
  const arrived = page.waitForEvent('framenavigated')
  await page.locator('main form button').first().click()
  await arrived
  await page.waitForLoadState()
}

/** Resolves when the element with this id or text has the focus, which browsers may give it a moment later. */
export async function focusOn(page: Page, idOrText: string): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const focused = await page.evaluate<string>(
      'document.activeElement.id || document.activeElement.textContent.trim()',
    )
    if (focused === idOrText) return
    if (Date.now() > deadline) throw new Error(`the focus is on ${focused.slice(0, 80)}, not on ${idOrText}`)
  }
}
