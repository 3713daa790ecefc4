// An OpenID provider that certifies (npm oidc-provider), with its own pages for log-in and consent.
// node provider.mjs PORT REDIRECT_URI
import Provider from 'oidc-provider'

const [port, redirect] = process.argv.slice(2)
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{client_id: 'desk-client', client_secret: 'client-secret', redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code']}],
  claims: {openid: ['sub', 'desk_scopes', 'desk_queues']},
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({accountId: id, claims: () => ({sub: id, desk_scopes: ['contact:read', 'contact:write'], desk_queues: ['*']})}),
  issueRefreshToken: () => true,
  ttl: {IdToken: 20},
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
