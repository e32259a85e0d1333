import { randomUUID } from 'node:crypto';
import { digest } from '../../src/core/licence/digest.ts';
import { entryHash } from '../../src/core/licence/ledger.ts';
import type { LedgerEvent } from '../../src/contracts/licence/ledger.ts';
import type { TestDevice } from '../test-service.ts';
import { FORMS, type Field } from './test-values.ts';

/** A request that is right, and what its fields may be. */
export interface Sample {
  /** `operationId` of the route. */
  readonly route: string;
  /** Path with its parameters filled in. */
  readonly path: string;
  readonly body: unknown;
  readonly fields: readonly Field[];
  /** Whether unknown members are passed over: only where a provider adds some of its own. */
  readonly open?: boolean;
}

/** What samples name: all of it exists. */
export interface World {
  readonly device: TestDevice;
  readonly key: string;
  readonly licenceId: string;
}

const { amount, event, id, name, none, reference, seconds, shortText, time, truth, word } = FORMS;
const DAMAGED = 'ERR_LEDGER_DAMAGED';
const INVALID = 'ERR_REQUEST_INVALID';

function deviceSamples({ device, key }: World): Sample[] {
  const { jwk } = device;
  return [
    {
      route: 'activate',
      path: '/v1/activate',
      body: { key, device: { publicKey: jwk, name: 'A device' } },
      fields: [
        { at: ['key'] },
        { at: ['device'] },
        { at: ['device', 'publicKey'] },
        ...Object.keys(jwk).map((member) => ({ at: ['device', 'publicKey', member] })),
        { at: ['device', 'name'], fits: shortText },
      ],
    },
    { route: 'refresh', path: '/v1/refresh', body: {}, fields: [] },
    {
      route: 'deactivate',
      path: '/v1/deactivate',
      body: { deviceId: randomUUID() },
      fields: [{ at: ['deviceId'], optional: true }],
    },
    {
      route: 'lease',
      path: '/v1/leases',
      body: { min: 1, want: 2 },
      fields: [
        { at: ['min'], fits: amount },
        { at: ['want'], fits: amount },
      ],
    },
    ...ledgerSamples(device),
  ];
}

function ledgerSamples(device: TestDevice): Sample[] {
  const leaseId = randomUUID();
  const events: readonly [LedgerEvent, readonly Field[]][] = [
    [
      { type: 'lease', leaseId, amount: 5, expiresAtS: 1_900_000_000 },
      [
        { at: ['leaseId'], fits: id, then: DAMAGED },
        { at: ['amount'] },
        { at: ['expiresAtS'], fits: seconds, then: DAMAGED },
      ],
    ],
    [
      { type: 'reserve', jobId: 'job', parts: [{ leaseId, amount: 5 }] },
      [
        { at: ['jobId'], fits: id, then: DAMAGED },
        { at: ['parts'] },
        { at: ['parts', 0] },
        { at: ['parts', 0, 'leaseId'], fits: id, then: DAMAGED },
        { at: ['parts', 0, 'amount'] },
      ],
    ],
    [{ type: 'commit', jobId: 'job' }, [{ at: ['jobId'], fits: id, then: DAMAGED }]],
    [
      { type: 'release', jobId: 'job', reason: 'failed' },
      [{ at: ['jobId'], fits: id, then: DAMAGED }, { at: ['reason'] }],
    ],
    [
      { type: 'return', leaseId, amount: 5 },
      [{ at: ['leaseId'], fits: id, then: DAMAGED }, { at: ['amount'] }],
    ],
  ];
  return events.map(([one, fields]) => {
    const entry = {
      deviceId: device.id,
      seq: 1,
      prev: digest(`stillwake-ledger:${device.id}`),
      atMs: 1_800_000_000_000,
      event: one,
    };
    return {
      route: 'ledger',
      path: '/v1/ledger',
      body: { entries: [{ ...entry, hash: entryHash(entry) }] },
      fields: [
        { at: ['entries'], fits: none },
        { at: ['entries', 0] },
        { at: ['entries', 0, 'deviceId'], fits: id, then: DAMAGED },
        { at: ['entries', 0, 'seq'] },
        { at: ['entries', 0, 'prev'] },
        { at: ['entries', 0, 'atMs'], fits: time, then: DAMAGED },
        { at: ['entries', 0, 'event'] },
        { at: ['entries', 0, 'event', 'type'] },
        { at: ['entries', 0, 'hash'] },
        ...fields.map((field) => ({ ...field, at: ['entries', 0, 'event', ...field.at] })),
      ],
    } satisfies Sample;
  });
}

function operatorSamples({ device, licenceId }: World): Sample[] {
  const licence = `/v1/operator/licences/${licenceId}`;
  const booking = (what: string, form: NonNullable<Field['fits']>): Sample => ({
    route: `operator${what}`,
    path: `${licence}/${what.toLowerCase()}`,
    body: { amount: 5, reason: 'because' },
    fields: [
      { at: ['amount'], fits: form },
      { at: ['reason'], fits: FORMS.reason },
    ],
  });
  return [
    {
      route: 'operatorCreateLicence',
      path: '/v1/operator/licences',
      body: {
        policy: 'five-tier',
        tier: 'lite',
        origins: ['https://a.example'],
        features: ['one'],
        metered: true,
        reference: 'order-1',
      },
      fields: [
        { at: ['policy'], fits: name, then: INVALID },
        { at: ['tier'], fits: name, then: INVALID },
        { at: ['origins'], optional: true, fits: none },
        { at: ['origins', 0], optional: true },
        { at: ['features'], optional: true, fits: none },
        { at: ['features', 0], optional: true, fits: name },
        { at: ['metered'], optional: true, fits: truth },
        { at: ['reference'], optional: true, fits: reference },
      ],
    },
    {
      route: 'operatorChangeLicence',
      path: licence,
      body: {
        tier: 'lite',
        state: 'active',
        origins: ['https://a.example'],
        features: ['one'],
        raiseEpoch: false,
      },
      fields: [
        { at: ['tier'], optional: true, fits: name, then: INVALID },
        { at: ['state'], optional: true },
        { at: ['origins'], optional: true, fits: none },
        { at: ['origins', 0], optional: true },
        { at: ['features'], optional: true, fits: none },
        { at: ['features', 0], optional: true, fits: name },
        { at: ['raiseEpoch'], optional: true, fits: truth },
      ],
    },
    booking('Grant', amount),
    booking('Adjust', FORMS.signed),
    booking('Refund', amount),
    {
      route: 'operatorRevokeLicence',
      path: `${licence}/revoke`,
      body: { reason: 'because' },
      fields: [{ at: ['reason'], fits: FORMS.reason }],
    },
    {
      route: 'operatorSettleDevice',
      path: `/v1/operator/devices/${device.id}/settle`,
      body: { how: 'release' },
      fields: [{ at: ['how'] }],
    },
    { route: 'operatorRotateKeys', path: '/v1/operator/keys/rotate', body: {}, fields: [] },
    ...(['promote', 'retire'] as const).map((what): Sample => {
      const kid: Field = { at: ['kid'], fits: id, then: 'ERR_REQUEST_NOT_FOUND' };
      const retire = what === 'retire';
      return {
        route: retire ? 'operatorRetireKey' : 'operatorPromoteKey',
        path: `/v1/operator/keys/${what}`,
        body: { kid: 'no-key', ...(retire ? { compromised: false } : {}) },
        fields: [kid, ...(retire ? [{ at: ['compromised'], optional: true, fits: truth }] : [])],
      };
    }),
  ];
}

function paymentSamples(): Sample[] {
  const common: readonly Field[] = [{ at: ['id'], fits: event }, { at: ['type'] }];
  const timed: readonly Field[] = [
    ...common,
    { at: ['reference'], fits: reference },
    { at: ['atMs'], fits: time },
  ];
  const paid: Field = { at: ['payment'], optional: true, fits: reference };
  const of = (type: string, more: object, fields: readonly Field[]): Sample => ({
    route: 'webhookPayments',
    path: '/webhooks/payments',
    body: { id: `event-${type}`, type, ...more },
    fields,
  });
  const about = { reference: 'order-9', atMs: 1_800_000_000_000 };
  return [
    of(
      'licence.set',
      {
        ...about,
        policy: 'five-tier',
        tier: 'lite',
        state: 'active',
        origins: ['https://a.example'],
        features: ['one'],
        payment: 'p-1',
      },
      [
        ...timed,
        { at: ['policy'], fits: name, then: INVALID },
        { at: ['tier'], fits: name, then: INVALID },
        { at: ['state'], optional: true },
        { at: ['origins'], optional: true, fits: none },
        { at: ['origins', 0], optional: true },
        { at: ['features'], optional: true, fits: none },
        { at: ['features', 0], optional: true, fits: name },
        paid,
      ],
    ),
    of('licence.renewed', { ...about, payment: 'p-1' }, [...timed, paid]),
    of('licence.ended', about, timed),
    of('payment.refunded', { payment: 'p-1' }, [...common, { at: ['payment'], fits: reference }]),
    of('moments.granted', { reference: 'order-9', amount: 5 }, [
      ...common,
      { at: ['reference'], fits: reference },
      { at: ['amount'], fits: amount },
    ]),
  ];
}

function stripeSamples(): Sample[] {
  const named = (value: unknown): boolean => value === null || word(value);
  const of = (type: string, object: object, fields: readonly Field[]): Sample => ({
    route: 'webhookStripe',
    path: '/webhooks/stripe',
    open: true,
    body: { id: `evt_${type.replaceAll('.', '_')}`, type, created: 1_800_000_000, data: { object } },
    fields: [
      { at: ['id'], fits: word },
      { at: ['type'], fits: (value) => FORMS.anyText(value) && String(value).length <= 128 },
      { at: ['created'], fits: time },
      { at: ['data'] },
      { at: ['data', 'object'] },
      ...fields.map((field) => ({ ...field, at: ['data', 'object', ...field.at] })),
    ],
  });
  const subscription = {
    id: 'sub_9',
    status: 'active',
    items: { data: [{ price: { id: 'price_lite' } }] },
  };
  const items: readonly Field[] = [
    { at: ['id'], fits: word },
    { at: ['status'], fits: FORMS.anyText },
    { at: ['items'] },
    { at: ['items', 'data'], fits: none },
    { at: ['items', 'data', 0], optional: true },
    { at: ['items', 'data', 0, 'price'] },
    { at: ['items', 'data', 0, 'price', 'id'], fits: word },
  ];
  return [
    of('customer.subscription.created', subscription, items),
    of('customer.subscription.updated', subscription, items),
    of('customer.subscription.deleted', { id: 'sub_9' }, [{ at: ['id'], fits: word }]),
    of('invoice.paid', { id: 'in_1', subscription: 'sub_9', charge: 'ch_1', payment_intent: 'pi_1' }, [
      { at: ['id'], fits: word },
      ...['subscription', 'charge', 'payment_intent'].map((member) => ({
        at: [member],
        optional: true,
        fits: named,
      })),
    ]),
    of('charge.refunded', { id: 'ch_1', refunded: true, invoice: 'in_1' }, [
      { at: ['id'], fits: word },
      { at: ['refunded'], fits: truth },
      { at: ['invoice'], optional: true, fits: named },
    ]),
  ];
}

/** A right request for every route that takes a body, and one for every kind of it. */
export function samplesOf(world: World): Sample[] {
  return [...deviceSamples(world), ...operatorSamples(world), ...paymentSamples(), ...stripeSamples()];
}

const SLOT = '@@SLOT@@';

function isBranch(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

function copyWith(
  value: unknown,
  at: readonly (string | number)[],
  change: (branch: object) => void,
): unknown {
  const copy: unknown = structuredClone(value);
  let branch: unknown = copy;
  for (const step of at) branch = isBranch(branch) ? branch[step] : undefined;
  if (!isBranch(branch)) throw new Error(`a sample has nothing at ${at.join('.')}`);
  change(branch);
  return copy;
}

/** A sample's body with a text in the place of a field's value. */
export function withValue({ body }: Sample, { at }: Field, value: string): string {
  const last = at.at(-1) ?? '';
  const changed = copyWith(body, at.slice(0, -1), (branch) => Object.assign(branch, { [last]: SLOT }));
  return JSON.stringify(changed).replace(`"${SLOT}"`, () => value);
}

/** A sample's body without a field. */
export function withoutField({ body }: Sample, { at }: Field): string {
  const last = at.at(-1) ?? '';
  return JSON.stringify(
    copyWith(body, at.slice(0, -1), (branch) => {
      if (Array.isArray(branch)) branch.splice(Number(last), 1);
      else Reflect.deleteProperty(branch, last);
    }),
  );
}

/** A sample's body with one more member in each of its objects, one at a time. @param member as JSON writes its name */
export function withMember({ body }: Sample, member: string): string[] {
  const text = JSON.stringify(body);
  // No text of a sample holds a brace.
  return [...text.matchAll(/\{/g)].map(({ index }) => {
    const rest = text.slice(index + 1);
    return `${text.slice(0, index + 1)}"${member}":1${rest.startsWith('}') ? '' : ','}${rest}`;
  });
}
