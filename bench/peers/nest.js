/**
 * NestJS on Fastify, set up by its documentation: its passport recipe (passport-jwt, AuthGuard), @fastify/helmet, its throttler as a global guard. No
 * revocation. Node cannot run decorators, so they are applied by hand, as compiled code does.
 */
import 'reflect-metadata'
import helmet from '@fastify/helmet'
import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { answerParent } from '../harness/messages.ts'

answerParent(async ({ answer, secret }) => {
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        ignoreExpiration: false,
        secretOrKey: secret,
      })
    }

    async validate(claims) {
      return { userId: claims.sub }
    }
  }
  decorate(JwtStrategy, Injectable())

  class FilmsController {
    list() {
      return answer
    }
  }
  decorateMethod(FilmsController, 'list', UseGuards(AuthGuard('jwt')), Get())
  decorate(FilmsController, Controller('films/v1'))

  class AppModule {}
  const throttlers = [{ ttl: 60_000, limit: 1e9 }]
  decorate(
    AppModule,
    Module({
      imports: [PassportModule, ThrottlerModule.forRoot({ throttlers })],
      controllers: [FilmsController],
      providers: [JwtStrategy, { provide: APP_GUARD, useClass: ThrottlerGuard }],
    }),
  )

  const app = await NestFactory.create(
    AppModule,
    new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } }),
    { logger: ['error', 'warn'] },
  )
  await app.register(helmet)
  await app.listen(0, '127.0.0.1')
  return { port: app.getHttpServer().address().port }
})

function decorate(type, ...decorators) {
  Reflect.decorate(decorators, type)
}

function decorateMethod(type, name, ...decorators) {
  Reflect.decorate(decorators, type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name))
}
