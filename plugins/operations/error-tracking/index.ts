// (no decorator) Reports what is logged as an error to a tracker (ERROR_TRACKING_DSN), without personal data. Not loaded without it.
import fp from 'fastify-plugin'

export default fp(
  async app => {
    const { config, errorLines, log, metrics } = app
    if (config.ERROR_TRACKING_DSN === undefined || !errorLines) return
    const { createReporter } = await import('./reporter.ts')
    const reporter = createReporter(
      config.ERROR_TRACKING_DSN,
      config.ERROR_TRACKING_ENVIRONMENT ?? config.NODE_ENV,
      log,
    )
    errorLines.listen(reporter.report)
    metrics.add({
      type: 'counter',
      name: 'holocron_error_reports_total',
      help: 'Errors reported to the tracker (sent), not reported because there were too many (dropped), and lost on the way (failed)',
      labelNames: ['outcome'],
      collect: reporter.counts,
    })
    app.addHook('onClose', reporter.close)
  },
  { name: 'error-tracking', dependencies: ['config', 'metrics'] },
)
