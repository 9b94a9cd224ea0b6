// A provider that answers without a form: node mock_provider.mjs PORT [CONTROL_PORT]
// GET http://127.0.0.1:CONTROL_PORT/?fault=nonce&groups=3&sub=mia says what the next answers are like.
import http from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';

const [port, control] = process.argv.slice(2).map(Number);
const defaults = { fault: '', sub: 'mia', email: 'mia@example.org', verified: 'true', group: 'pupils', groups: '1' };
let answer = { ...defaults };

const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(port, '127.0.0.1');
server.issuer.url = `http://127.0.0.1:${port}`;

server.service.on('beforeAuthorizeRedirect', ({ url }) => {
  if (answer.fault === 'denied') {
    url.searchParams.delete('code');
    url.searchParams.set('error', 'access_denied');
    url.searchParams.set('error_description', '<img src=x onerror=alert(1)> no');
  }
  if (answer.fault === 'state') url.searchParams.set('state', 'forged');
});
server.service.on('beforeTokenSigning', (token) => {
  const groups = [answer.group];
  while (groups.length < Number(answer.groups)) groups.push(`00000000-0000-4000-8000-${String(groups.length).padStart(12, '0')}`);
  Object.assign(token.payload, { sub: answer.sub, name: `${answer.sub} *Curie*`, email: answer.email, groups });
  if (answer.verified) token.payload.email_verified = answer.verified === 'true';
  const now = Math.floor(Date.now() / 1000);
  if (answer.fault === 'nonce') token.payload.nonce = 'another';
  if (answer.fault === 'expired') Object.assign(token.payload, { iat: now - 7200, exp: now - 3600 });
  if (answer.fault === 'issuer') token.payload.iss = 'http://127.0.0.1:1';
  if (answer.fault === 'audience') token.payload.aud = 'another-client';
});
server.service.on('beforeResponse', (response) => {
  if (answer.fault === 'unsigned') {
    const [, body] = response.body.id_token.split('.');
    const head = Buffer.from('{"alg":"none"}').toString('base64url');
    response.body.id_token = `${head}.${body}.`;
  }
  if (answer.fault === 'broken') Object.assign(response, { body: { error: 'server_error' }, statusCode: 500 });
});

http.createServer((request, response) => {
  const asked = Object.fromEntries(new URL(request.url, 'http://127.0.0.1').searchParams);
  answer = { ...defaults, ...asked };
  response.end('ok');
}).listen(control, '127.0.0.1', () => console.log('ready'));
