// Manages a running Keydesk with the published Node SDK, from a new account to NotFound, and uses what it made at the gate.
// It fails where anything is other than it should be, and ends by printing the id of a key that was made without scopes.
//
// KEYDESK_TEST_DESK says where, as JSON: API (host:port), CA (a file), Gate (a URL), Token, Folder.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Session, waitForOperation } from '@yandex-cloud/nodejs-sdk'
import { apiKey, apiKeyService as keyService, serviceAccount, serviceAccountService as accountService } from '@yandex-cloud/nodejs-sdk/iam-v1'
import { folderService } from '@yandex-cloud/nodejs-sdk/resourcemanager-v1'

const desk = JSON.parse(process.env.KEYDESK_TEST_DESK)
const session = new Session({ iamToken: desk.Token, ssl: { rootCerts: readFileSync(desk.CA) } })
const keys = session.client(keyService.ApiKeyServiceClient, desk.API)
const accounts = session.client(accountService.ServiceAccountServiceClient, desk.API)
const folders = session.client(folderService.FolderServiceClient, desk.API)

const sends = 'yc.postbox.send'
const translates = 'yc.ai.translate.execute'
const searches = 'yc.search-api.execute'
const defaultScopes = [
  'yc.ai.imageGeneration.execute', 'yc.ai.languageModels.execute', 'yc.ai.speechkitStt.execute', 'yc.ai.speechkitTts.execute',
  'yc.ai.translate.execute', 'yc.ai.vision.execute', 'yc.monitoring.manage', 'yc.search-api.execute',
  'yc.serverless.containers.invoke', 'yc.serverless.functions.invoke',
]
const add = 1

const done = async operation => waitForOperation(operation, session, 60_000, desk.API)
const key = id => keys.get(keyService.GetApiKeyRequest.fromPartial({ apiKeyId: id }))
const named = async name =>
  (await accounts.list(accountService.ListServiceAccountsRequest.fromPartial({ folderId: desk.Folder, filter: `name="${name}"` }))).serviceAccounts
const opens = async (secret, scope) =>
  (await fetch(`${desk.Gate}/gate/check?scope=${scope}`, { headers: { Authorization: `Api-Key ${secret}` } })).status
const missing = call => assert.rejects(call, error => {
  assert.match(error.message, / NOT_FOUND: /)
  assert.match(error.requestId, /^req/) // which the SDK reads for whoever reports a fault
  return true
})

async function anAccount(name) {
  const request = accountService.CreateServiceAccountRequest.fromPartial({ folderId: desk.Folder, name, description: 'Reads reports', labels: { team: 'billing' } })
  const operation = await done(await accounts.create(request))
  const made = serviceAccount.ServiceAccount.decode(operation.response.value)
  const { folderId, description, labels } = made
  assert.deepEqual({ name: made.name, folderId, description, labels }, { name, folderId: desk.Folder, description: 'Reads reports', labels: { team: 'billing' } })
  assert.deepEqual((await named(name)).map(a => a.id), [made.id])
  assert.deepEqual(await named('no-such'), [])
  return made
}

async function maySend(account) {
  await done(await folders.updateAccessBindings({ // whose message the package does not export
    resourceId: desk.Folder,
    accessBindingDeltas: [{ action: add, accessBinding: { roleId: 'editor', subject: { id: account.id, type: 'serviceAccount' } } }],
  }))
}

async function aKey(account) {
  const known = (await keys.listScopes(keyService.ListApiKeyScopesRequest.fromPartial({}))).scopes
  for (const scope of [sends, translates, searches, ...defaultScopes]) assert(known.includes(scope), scope)
  const expiresAt = new Date(Math.floor(Date.now() / 1000 + 30 * 24 * 3600) * 1000)
  const made = await keys.create(keyService.CreateApiKeyRequest.fromPartial({
    serviceAccountId: account.id, description: 'for the nightly report', scopes: [sends, translates], expiresAt,
  }))
  assert.deepEqual(made.apiKey.scopes, [sends, translates])
  assert.equal(made.apiKey.scope, '')
  assert.equal(made.apiKey.lastUsedAt, undefined)
  assert.deepEqual(made.apiKey.expiresAt, expiresAt)
  assert.deepEqual(await key(made.apiKey.id), made.apiKey)
  assert.deepEqual((await keys.list(keyService.ListApiKeysRequest.fromPartial({ serviceAccountId: account.id }))).apiKeys, [made.apiKey])
  return made
}

async function isUsed({ apiKey: made, secret }) {
  assert.equal(await opens(secret, sends), 204)
  assert.equal(await opens(secret, searches), 403)
  const ends = Date.now() + 60_000
  while ((await key(made.id)).lastUsedAt === undefined) {
    assert(Date.now() < ends, 'the API does not say when the key was used')
    await pause(20)
  }
  assert((await key(made.id)).lastUsedAt >= made.createdAt)
}

async function narrows({ apiKey: made, secret }) {
  const operation = await done(await keys.update(keyService.UpdateApiKeyRequest.fromPartial({
    apiKeyId: made.id, updateMask: { paths: ['description', 'scopes'] }, description: 'translates only', scopes: [translates],
  })))
  const changed = apiKey.ApiKey.decode(operation.response.value)
  for (const now of [changed, await key(made.id)]) {
    assert.deepEqual({ ...now, lastUsedAt: undefined }, { ...made, lastUsedAt: undefined, description: 'translates only', scopes: [translates] })
  }
  assert.equal(await opens(secret, sends), 403)
  assert.equal(await opens(secret, translates), 204)
}

async function isDeleted(account, { apiKey: made, secret }) {
  await done(await keys.delete(keyService.DeleteApiKeyRequest.fromPartial({ apiKeyId: made.id })))
  await missing(key(made.id))
  assert.equal(await opens(secret, translates), 401)
  await done(await accounts.delete(accountService.DeleteServiceAccountRequest.fromPartial({ serviceAccountId: account.id })))
  await missing(accounts.get(accountService.GetServiceAccountRequest.fromPartial({ serviceAccountId: account.id })))
  assert.deepEqual(await named(account.name), [])
}

async function defaults() {
  const account = await anAccount('takes-defaults')
  const made = await keys.create(keyService.CreateApiKeyRequest.fromPartial({ serviceAccountId: account.id }))
  assert.deepEqual(made.apiKey.scopes, defaultScopes)
  assert.deepEqual(await key(made.apiKey.id), made.apiKey)
  return made.apiKey.id
}

const account = await anAccount('report-reader')
const made = await aKey(account)
assert.equal(await opens(made.secret, sends), 403)
await maySend(account)
await isUsed(made)
await narrows(made)
await isDeleted(account, made)
console.log(await defaults())
process.exit(0) // the SDK keeps its channels open
