/** The keys of the providers that the settings switch on. */
export function configuredProviders(config: object): Set<string> {
  const settings = new Map<string, unknown>(Object.entries(config))
  const known = ['github', 'google', 'linkedin', 'facebook'].filter(
    provider => settings.get(`${provider.toUpperCase()}_CLIENT_ID`) !== undefined,
  )
  const others = settings.get('OIDC_PROVIDERS')
  return new Set([...known, ...(typeof others === 'string' ? Object.keys(JSON.parse(others)) : [])])
}
