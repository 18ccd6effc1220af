/** Reads the films with an access token. @returns how many there are, or the status of the error */
export async function readFilms(issuer: string, token: string): Promise<number> {
  const response = await fetch(`${issuer}/films/v1/`, { headers: { authorization: `Bearer ${token}` } })
  const { count } = (await response.json()) as { count?: number }
  return response.ok ? Number(count) : response.status
}
