import type { HostFacts } from '../../engine/places/hosts/host-messages.ts';
import { SshHost } from '../../engine/places/hosts/ssh-host.ts';
import type { HostsSpec } from '../../engine/places/place-spec.ts';
import type { Environment } from '../../environment.ts';
import { formatBytes, formatCountOf, formatSeconds } from '../../format-numbers.ts';
import { buildDigest, version } from '../package-info.ts';
import { drift, type Findings, finding, type ProbeFinding } from './probe-finding.ts';

/** Milliseconds of silence after which a host that is only asked counts as lost. */
const silence = 60_000;

/**
 * Starts a worker on every host of a place, and tells what each has. Returns whether stages can run
 * on any.
 */
export async function* probeHosts(place: HostsSpec, env: Environment): Findings {
  const software = { restage: version, build: buildDigest() };
  const run = `probe-${process.pid}`;
  const connections = place.hosts.map(
    (host) => new SshHost({ place, host, run, env, software, silence }),
  );
  let isUsable = false;
  try {
    for (const connection of connections) {
      const answer = await connection.ready;
      if ('message' in answer) yield finding('fails', `${connection.name}: ${answer.message}`);
      else {
        yield* describeHost(connection.name, answer);
        isUsable = true;
      }
    }
  } finally {
    for (const connection of connections) connection.close();
  }
  return isUsable;
}

function* describeHost(name: string, facts: HostFacts): Generator<ProbeFinding> {
  const { host, cpu, gpu, memory, node, free, folder, time } = facts;
  const cards = formatCountOf(gpu, 'graphics card');
  const has = `${formatCountOf(cpu, 'core')}, ${cards}, ${formatBytes(memory)} of memory`;
  yield finding('fine', `${name}: ${host}, with ${has}`);
  yield finding('fine', `${name}: Restage ${facts.restage}, the same build as here`);
  const isSame = node === process.version;
  const note = isSame ? '' : `, and ${process.version} here`;
  yield finding(isSame ? 'fine' : 'differs', `${name}: Node ${node}${note}`);
  yield finding('fine', `${name}: ${formatBytes(free)} free for ${folder}`);
  const apart = Math.abs(Date.now() - time);
  const state = apart < drift ? 'fine' : 'differs';
  yield finding(state, `${name}: its clock is ${formatSeconds(apart / 1000)} apart`);
}
