/** Express, set up by its production best practices (helmet, NODE_ENV=production), with jsonwebtoken and express-rate-limit. No revocation. */
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import jwt from 'jsonwebtoken'
import { answerParent } from '../harness/messages.ts'

answerParent(async ({ answer, secret }) => {
  const app = express()
  app.use(helmet())
  app.use(rateLimit({ windowMs: 60_000, limit: 1e9, standardHeaders: 'draft-8', legacyHeaders: false }))
  app.get('/films/v1/', authenticate, (_request, response) => {
    response.json(answer)
  })

  function authenticate(request, response, next) {
    const token = request.headers.authorization?.split(' ')[1]
    jwt.verify(token, secret, { algorithms: ['HS256'] }, (error, user) => {
      if (error) return response.sendStatus(401)
      request.user = user
      next()
    })
  }

  const server = app.listen(0, '127.0.0.1')
  await new Promise(listening => server.once('listening', listening))
  return { port: server.address().port }
})
