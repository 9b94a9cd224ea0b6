// A provider that checks clients and asks: node real_provider.mjs PORT SERVER_URL
import { Provider } from 'oidc-provider';

const [port, server] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}`;
const provider = new Provider(url, {
  clients: [{
    client_id: 'nablascope',
    client_secret: 'a secret of the tests',
    redirect_uris: [`${server}/login/op/callback`],
    post_logout_redirect_uris: [`${server}/`],
  }],
  conformIdTokenClaims: false,  // name, e-mail and groups belong into the ID token
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: id, email: `${id}@example.org`, email_verified: true, groups: ['staff'] }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
