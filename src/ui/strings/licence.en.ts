/** English: what of tiers and Moments shows where their page was never opened. Part of the table in `en.ts`. */
export const licenceEn = {
  'error.ERR_LICENCE_KEY': 'That key doesn’t work. Check it for a slip, or ask where you got it.',
  'error.ERR_LICENCE_TOKEN':
    'What proves your tier could not be read or was not signed by the right party. Refresh on the account page.',
  'error.ERR_LICENCE_EXPIRED': 'Your tier has run out. Refresh it on the account page; your clips stay.',
  'error.ERR_LICENCE_REVOKED': 'This licence was withdrawn. Your clips stay; ask where you got it.',
  'error.ERR_LICENCE_ORIGIN': 'This licence is for another website.',
  'error.ERR_LICENCE_DEVICE':
    'This device is no longer part of the licence. Activate it again on the account page.',
  'error.ERR_LICENCE_DEVICES_FULL':
    'The licence is active on as many devices as it may be. Take one off on its account page, then try again.',
  'error.ERR_LICENCE_CLOCK':
    'This device’s clock was set back. Set it right or go online and refresh; your clips can be watched meanwhile.',
  'error.ERR_LICENCE_TIER': 'Your tier doesn’t include this. Choose something else, or see the account page.',
  'error.ERR_LICENCE_FUNDS': 'There isn’t enough left for this clip. Try a shorter or smaller one.',
  'error.ERR_LICENCE_LEDGER':
    'This device’s record of what was spent doesn’t match. Clips can’t be charged here until that is settled.',
  'error.ERR_LICENCE_OFFLINE': 'The licence service can’t be reached. Connect to the internet and try again.',
  'error.ERR_LICENCE_RATE': 'Too many tries in a short time. Wait a minute, then try again.',
  'error.ERR_LICENCE_FAILED':
    'The licence service did not answer as it should. Try again later; nothing was charged.',
  'error.ERR_LICENCE_CONFIG':
    'This page’s licence settings can’t be read, so no clip can be made here. Your clips are safe; tell whoever runs the page.',

  'nav.account': 'Account',

  'account.amount': '{amount} {unit}',
  'account.live': 'Now {amount} left',

  'job.price': 'Costs {amount} when it’s done',
  'job.paid': 'Cost {amount}',
  'job.notCharged': 'Nothing was charged.',
  'job.cancelledFree': 'Cancelled. Nothing was charged.',
} as const;
