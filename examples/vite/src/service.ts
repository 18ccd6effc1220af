import { createClient, type paths } from 'holocron-browser'
import createApi from 'openapi-fetch'

/** `VITE_SERVICE=https://accounts.example.com npm run build` */
const service: string = import.meta.env.VITE_SERVICE ?? 'http://localhost:3000'

export const client = createClient(service)

/** Every operation of the service, typed by its OpenAPI document. */
export const api = createApi<paths>({ baseUrl: service, fetch: client.fetch })
