// Makes a service account and an API key with the Node SDK. The README shows it.
import { readFileSync } from 'node:fs'
import { Session, waitForOperation } from '@yandex-cloud/nodejs-sdk'
import { apiKeyService, serviceAccount, serviceAccountService } from '@yandex-cloud/nodejs-sdk/iam-v1'

const { YC_TOKEN, YC_ENDPOINT, YC_FOLDER_ID, SSL_CERT_FILE } = process.env
const session = new Session({ iamToken: YC_TOKEN, ssl: { rootCerts: readFileSync(SSL_CERT_FILE) } })
const accounts = session.client(serviceAccountService.ServiceAccountServiceClient, YC_ENDPOINT)
const keys = session.client(apiKeyService.ApiKeyServiceClient, YC_ENDPOINT)

const making = await accounts.create(serviceAccountService.CreateServiceAccountRequest.fromPartial({ folderId: YC_FOLDER_ID, name: 'node-reader' }))
const { response } = await waitForOperation(making, session, 60_000, YC_ENDPOINT)
const made = await keys.create(apiKeyService.CreateApiKeyRequest.fromPartial({
  serviceAccountId: serviceAccount.ServiceAccount.decode(response.value).id,
  scopes: ['yc.postbox.send'],
}))
console.log(made.apiKey.id, made.secret)
process.exit() // the SDK keeps its connections open
