import { type Html, html } from './html.ts'

export interface Page {
  title: string
  content: Html
}

/** The frame that all pages share. */
export function layout({ title, content }: Page): string {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title} · Holocron</title>
    <style>
      body { font: 18px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 20vh auto; padding: 0 1rem; text-align: center; color: #1b1f24 }
      button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .4rem; background: #1f5eff; color: #fff; cursor: pointer }
      label { display: block; margin: 1rem 0 }
      input { font: inherit; display: block; margin: .3rem auto; padding: .5rem .7rem; width: 100%; box-sizing: border-box; border: 1px solid #8b949e; border-radius: .4rem }
      [role=alert] { color: #b3261e }
    </style>
  </head>
  <body>
    <h1>${title}</h1>
    ${content}
  </body>
</html>
`.toString()
}

/** Shown when a mailed link fails. */
export function failedPage(status: number): Page {
  if (status === 429 || status >= 500)
    return { title: 'Not now', content: html`<p>Please try again in a minute: the link still works.</p>` }
  return {
    title: 'This link no longer works',
    content: html`<p>It was used already, has expired, or a newer mail took its place.</p>`,
  }
}
