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
