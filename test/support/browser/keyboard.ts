/** A person without a mouse: moves on by Tab until the focus is where it should be. */
import type { Page } from 'playwright-core'

/** The most that a page of ours has to pass by. */
const STOPS_MAX = 60

/** What the focused element is called: by its label, or by what it says. */
const NAME = `(() => {
  const element = document.activeElement
  const label = element.labels?.[0] ?? element
  return (element.getAttribute('aria-label') ?? label.textContent).trim()
})()`

/** A section may be called as a field is: "Password". */
const NAME_OF_FIELD = `document.activeElement.matches('input, select, textarea') ? ${NAME} : ''`

export function keyboardOf(page: Page) {
  async function moveTo(name: string, nameOfFocused = NAME): Promise<void> {
    const passed: string[] = []
    for (let stop = 0; stop <= STOPS_MAX; stop++) {
      const focused = await page.evaluate<string>(nameOfFocused)
      if (focused === name) return
      passed.push(focused.slice(0, 40))
      await page.keyboard.press('Tab')
    }
    throw new Error(`the keyboard never reaches "${name}" on ${page.url()}, only: ${[...new Set(passed)].join(' | ')}`)
  }

  return {
    /** Types into the field with this label. */
    async write(label: string, text: string): Promise<void> {
      await moveTo(label, NAME_OF_FIELD)
      await page.keyboard.type(text)
    },
    /** Follows the link, or presses the button, and waits for the page that comes. */
    async use(name: string): Promise<void> {
      await moveTo(name)
      const arrived = page.waitForEvent('framenavigated')
      await page.keyboard.press('Enter')
      await arrived
      await page.waitForLoadState()
    },
    moveTo,
  }
}
