// app.templates: HTML from the template files in this folder, every value escaped. TEMPLATES_DIR replaces single ones. Nothing is loaded before the first use.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Eta } from 'eta'
import fp from 'fastify-plugin'
import { createEngine } from './engine.ts'

declare module 'fastify' {
  interface FastifyInstance {
    templates: {
      /**
       * Renders a template, named by its path without the extension. One of TEMPLATES_DIR that fails is logged, and ours takes its place.
       * @param builtIn our template, if it has another name: one that serves for several things, each of which TEMPLATES_DIR may replace
       * @throws where there is no such template
       */
      render(name: string, data: object, builtIn?: string): Promise<string>
    }
  }
}

export default fp(
  async app => {
    const { TEMPLATES_DIR, NODE_ENV } = app.config
    const own = import.meta.dirname
    let engine: Promise<Eta> | undefined
    let fallback: Promise<Eta> | undefined

    // While templates are being written, a change shows at once.
    const load = (...folders: string[]) => createEngine(folders, NODE_ENV !== 'development' || folders.length === 1)

    app.decorate('templates', {
      async render(name, data, builtIn = name) {
        engine ??= load(...(TEMPLATES_DIR ? [TEMPLATES_DIR, own] : [own]))
        try {
          const isReplaced = TEMPLATES_DIR !== undefined && existsSync(join(TEMPLATES_DIR, `${name}.eta`))
          return (await engine).render(isReplaced ? name : builtIn, data)
        } catch (err) {
          if (!TEMPLATES_DIR) throw err
          app.log.error({ err, template: name }, 'template failed, using the built-in one')
          fallback ??= load(own)
          return (await fallback).render(builtIn, data)
        }
      },
    })
  },
  { name: 'templates', dependencies: ['config'] },
)
