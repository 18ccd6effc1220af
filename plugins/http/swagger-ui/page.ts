import type { FastifyInstance } from 'fastify'
import { html } from '../pages/html.ts'

/** The plugin's own page has no viewport, so that phones show it like a desktop. */
export function page({ assets, config }: FastifyInstance, base: string): string {
  const files = `${base}/ui/static`
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${config.APP_NAME} API</title>
    <link rel="stylesheet" href="${files}/swagger-ui.css">
    <link rel="stylesheet" href="${base}${assets.pathOf('swagger-ui.css')}">
    <link rel="icon" type="image/svg+xml" href="${base}${assets.pathOf('icon.svg')}">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${files}/swagger-ui-bundle.js"></script>
    <script src="${files}/swagger-ui-standalone-preset.js"></script>
    <script src="${files}/swagger-initializer.js"></script>
  </body>
</html>
`.toString()
}
