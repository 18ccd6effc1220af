// A PDF that is not drawn in time keeps no other waiting.
import { mock } from 'node:test'
import t from 'tap'
import { drawPdf } from '../../../../plugins/accounts/vaccinations/pdf/index.ts'

const line = { type: 'P', text: 'x', size: 11, gap: 0 } as const
const pdfOf = (lines: number) =>
  drawPdf({ title: 'x', author: 'x', language: 'en', parts: Array<typeof line>(lines).fill(line) })

t.test('threat: a PDF that takes forever', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const endless = pdfOf(100_000)
  const next = pdfOf(1)
  await new Promise(setImmediate)
  mock.timers.tick(20_000)
  await t.rejects(endless, { message: 'The thread ended before the PDF' })
  t.match((await next).toString('latin1'), /^%PDF/)
})
