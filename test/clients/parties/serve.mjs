/** What the applications here have in common: an address, and the provider's settings in their environment. */
import { createServer } from 'node:http'

export const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env
export const HOME = `http://localhost:${PORT}`

/** @param listener of requests, such as an Express application */
export function serve(listener) {
  createServer(listener).listen(PORT, 'localhost', () => console.log('listening'))
}

/** How many films this access token lets the application read, or the status of the error. */
export async function countFilms(token) {
  const response = await fetch(`${ISSUER}/films/v1/`, { headers: { authorization: `Bearer ${token}` } })
  return response.ok ? (await response.json()).count : response.status
}
