/** Swagger UI, used like a person: by clicks and by what is displayed. */
import type { Page } from 'playwright-core'

export type SwaggerUi = ReturnType<typeof swaggerUi>

export function swaggerUi(page: Page) {
  // The first steps are shown twice.
  const operation = (id: string) => page.locator(`.opblock[id$="-${id}"]`).first()

  async function open(id: string): Promise<void> {
    const summary = operation(id).locator('.opblock-summary-control')
    if ((await summary.getAttribute('aria-expanded')) === 'false') await summary.click()
    await operation(id).getByRole('button', { name: 'Execute' }).waitFor()
  }

  /** Presses Execute, after filling in the body if one is given. */
  async function send(id: string, body?: object): Promise<void> {
    await open(id)
    if (body)
      await operation(id)
        .locator('textarea')
        .fill(JSON.stringify(body, null, 2))
    await operation(id).getByRole('button', { name: 'Execute' }).click()
    // An earlier answer stands there until the new one does.
    await operation(id).locator('.loading-container').waitFor({ state: 'detached' })
  }

  return {
    operation,

    /** Fills in the Authorize dialog, after logging out of what is authorized there. Resolves to the error, if one is displayed. */
    async authorize(email: string, password: string): Promise<string | undefined> {
      await page.locator('.schemes').getByRole('button', { name: 'Authorize', exact: true }).click()
      const form = page.locator('.dialog-ux .auth-container', { hasText: 'login (OAuth2' })
      const logout = form.locator('button', { hasText: 'Logout' })
      if (await logout.isVisible()) await logout.click()
      await form.getByLabel('username:').fill(email)
      await form.getByLabel('password:', { exact: true }).fill(password)
      await form.locator('button.authorize').click()
      const error = form.locator('.errors')
      await logout.or(error).first().waitFor()
      const shown = (await error.isVisible()) ? await error.innerText() : undefined
      await page.locator('.dialog-ux').getByRole('button', { name: 'Close' }).first().click()
      return shown
    },

    /** Resolves to the displayed status and body. */
    async execute(id: string, body?: object) {
      await send(id, body)
      const answer = operation(id).locator('.live-responses-table tbody .response').first()
      const status = await answer.locator('.response-col_status').textContent()
      const shown = await answer.locator('.highlight-code code').first().textContent()
      return { status: Number.parseInt(status ?? '', 10), body: JSON.parse(shown ?? '') }
    },
  }
}
