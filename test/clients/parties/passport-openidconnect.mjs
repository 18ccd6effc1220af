// passport-openidconnect, with its session store for state and nonce. It knows no PKCE.
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'
import { CLIENT_ID, CLIENT_SECRET, countFilms, HOME, ISSUER, serve } from './serve.mjs'

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: ISSUER,
      authorizationURL: `${ISSUER}/oauth2/authorize`,
      tokenURL: `${ISSUER}/oauth2/token`,
      userInfoURL: `${ISSUER}/oauth2/userinfo`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: `${HOME}/callback`,
      scope: ['email', 'films:read'],
    },
    (_issuer, profile, _context, _idToken, accessToken, _refreshToken, done) =>
      done(null, { email: profile.emails[0].value, accessToken }),
  ),
)
passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser((user, done) => done(null, user))

const app = express()
app.use(session({ secret: 'a secret of the application', resave: false, saveUninitialized: false }))
app.use(passport.session())
app.get('/login', passport.authenticate('openidconnect'))
app.get('/callback', passport.authenticate('openidconnect', { successRedirect: '/films' }))
app.get('/films', async ({ user }, response) => {
  response.json(user ? { email: user.email, films: await countFilms(user.accessToken) } : {})
})

serve(app)
