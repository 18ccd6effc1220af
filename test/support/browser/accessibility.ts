/** What axe finds wrong with a page, by the rules of WCAG 2.2 AA. */
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, relative, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PAGES = resolve(import.meta.dirname, '../../../plugins/templates/pages')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface Violation {
  id: string
  nodes: { html: string; failureSummary: string }[]
}

/** Evaluated from outside: the page's own policy allows no such script. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const violations = await page.evaluate<Violation[]>(
    `axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

const VIEWPORTS = [
  { width: 320, height: 640 },
  { width: 360, height: 740 },
  { width: 1280, height: 900 },
]

/** Looks at the open page on a small phone, on a usual one and on a wide screen, light and dark: what is wrong, and whether it has to be scrolled sideways. */
export async function faultsOn(page: Page): Promise<string[]> {
  const faults: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of VIEWPORTS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      const where = `${new URL(page.url()).pathname} at ${viewport.width}, ${colorScheme}`
      const tooWide = await page.evaluate<boolean>(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      )
      if (tooWide) faults.push(`${where}: has to be scrolled sideways`)
      // Layout and width do not change what axe finds between two phones.
      if (viewport.width > 320) faults.push(...(await violationsOn(page)).map(violation => `${where}: ${violation}`))
    }
  }
  return faults
}

/** Templates of pages that are no page, or have a browser test of their own: the consoles, and what applications lead to. */
const ELSEWHERE = ['layout.eta', 'console.eta', 'parts', 'account', 'admin', 'oauth2']

/** Looks at pages of a service as `faultsOn` does, and knows which of its templates it has not looked at yet. */
export function spectator(app: FastifyInstance) {
  const unseen = new Set(
    globSync('**/*.eta', { cwd: PAGES, exclude: ELSEWHERE }).map(file => file.slice(0, -extname(file).length)),
  )
  const { render } = app.templates
  let shown = ''
  app.templates.render = (name, ...rest) => {
    // Mails have templates, too.
    if (name.startsWith('pages/')) shown = relative('pages', name)
    return render(name, ...rest)
  }
  return {
    unseen,
    look(page: Page): Promise<string[]> {
      unseen.delete(shown)
      return faultsOn(page)
    },
  }
}
