/** For tests that need the routes of social login, and no login: the settings of a provider that nobody asks. Connections to it are refused. */
import type { Environment } from '../app.ts'

export const OFFLINE_PROVIDER: Environment = {
  GITHUB_CLIENT_ID: 'client',
  GITHUB_CLIENT_SECRET: 'secret',
  GITHUB_BASE_URL: 'http://127.0.0.1:9',
  GITHUB_API_URL: 'http://127.0.0.1:9/api',
}
