import { createPrivateKey, createPublicKey, sign, verify, type JsonWebKeyInput } from 'node:crypto'
import type { Deployment } from './records.ts'

/** Signs what the registry decides. */
export interface DeploymentSigner {
  readonly sign: (deployment: Omit<Deployment, 'signature'>) => Deployment
}

/** Tells whether a deployment is the registry's own. */
export interface DeploymentVerifier {
  readonly verify: (deployment: Deployment) => boolean
}

/** @param privateJwk Ed25519 private key, JWK of RFC 8037 */
export function createDeploymentSigner(privateJwk: JsonWebKeyInput['key']): DeploymentSigner & DeploymentVerifier {
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const publicKey = createPublicKey(privateKey)
  return {
    sign: (deployment) => ({ ...deployment, signature: sign(null, signedBytes(deployment), privateKey).toString('base64url') }),
    verify: (deployment) => verify(null, signedBytes(deployment), publicKey, Buffer.from(deployment.signature, 'base64url')),
  }
}

/** The supergraph's id is the hash of its SDL, so signing the id signs the graph. */
function signedBytes(deployment: Omit<Deployment, 'signature'>): Buffer {
  const members = Object.entries(deployment.members).sort(([a], [b]) => a < b ? -1 : 1)
  return Buffer.from(JSON.stringify([
    'polyseme-deployment-v1', deployment.sequence, deployment.channel, deployment.kind, deployment.subgraph ?? null, deployment.supergraphId,
    members, deployment.percent, deployment.actor, deployment.at, deployment.reason,
  ]))
}
