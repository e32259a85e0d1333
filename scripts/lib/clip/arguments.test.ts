import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { readArguments, type ClipCommand } from './arguments.ts';

const GOOD = ['a.jpg', '--preset', 'breathing', '--out', 'b.mp4'];

function clip(...args: string[]): Extract<ClipCommand, { kind: 'clip' }> {
  const command = readArguments(args, '/home/me');
  if (command.kind !== 'clip') throw new Error('expected a clip');
  return command;
}

function codeOf(...args: string[]): string {
  try {
    readArguments(args, '/home/me');
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
}

describe('readArguments', () => {
  test('fills in what is not said', () => {
    expect(clip(...GOOD)).toEqual({
      kind: 'clip',
      picture: '/home/me/a.jpg',
      out: '/home/me/b.mp4',
      json: false,
      pack: { kind: 'portrait' },
      settings: {
        motion: { kind: 'preset', preset: 'breathing' },
        seconds: 3,
        resolution: '720p',
        fps: 30,
        aspect: 'source',
        seed: 1,
        pack: 'portrait',
        embedSettings: true,
      },
    });
  });

  test('reads everything', () => {
    const args =
      '--seconds 4.5 --resolution 1080p --fps 24 --aspect 9:16 --seed 7 --pack tiny-ltx --json'.split(' ');
    const command = clip('/x/a.jpg', '--prompt', 'She smiles.', '--out=/y/b.MP4', ...args);
    expect(command).toMatchObject({ picture: '/x/a.jpg', out: '/y/b.MP4', json: true });
    expect(command.pack).toEqual({ kind: 'name', name: 'tiny-ltx', path: '/home/me/tiny-ltx' });
    expect(command.settings).toMatchObject({
      motion: { kind: 'prompt', prompt: 'She smiles.' },
      ...{ seconds: 4.5, resolution: '1080p', fps: 24, aspect: '9:16', seed: 7 },
    });
  });

  test('lets a value begin with a dash', () => {
    const command = clip('a.jpg', '--prompt', '- she smiles', '--out', '-b.mp4');
    expect(command.settings.motion).toEqual({ kind: 'prompt', prompt: '- she smiles' });
    expect(command.out).toBe('/home/me/-b.mp4');
  });

  test('takes what follows a double dash as a picture', () => {
    expect(clip(...GOOD.slice(1), '--', '-a.jpg').picture).toBe('/home/me/-a.jpg');
  });

  test('gives help before it judges', () => {
    expect(readArguments(['--help'], '/')).toEqual({ kind: 'help' });
    expect(readArguments(['-h', 'x'], '/')).toEqual({ kind: 'help' });
  });

  test.each([
    ['no picture', 'ERR_INPUT_ARGUMENT', GOOD.slice(1)],
    ['two pictures', 'ERR_INPUT_ARGUMENT', ['z.jpg', ...GOOD]],
    ['neither preset nor prompt', 'ERR_INPUT_ARGUMENT', ['a.jpg', '--out', 'b.mp4']],
    ['both preset and prompt', 'ERR_INPUT_ARGUMENT', [...GOOD, '--prompt', 'x']],
    ['no output', 'ERR_INPUT_ARGUMENT', GOOD.slice(0, 3)],
    ['an output without a value', 'ERR_INPUT_ARGUMENT', ['a.jpg', '--preset', 'breathing', '--out']],
    [
      'an option in place of a value',
      'ERR_INPUT_ARGUMENT',
      ['a.jpg', '--preset', 'breathing', '--out', '--json'],
    ],
    ['an unknown option', 'ERR_INPUT_ARGUMENT', [...GOOD, '--loud']],
    ['a value for a flag', 'ERR_INPUT_ARGUMENT', [...GOOD, '--json=yes']],
    ['an unknown preset', 'ERR_INPUT_PRESET', ['a.jpg', '--preset', 'dance', '--out', 'b.mp4']],
    ['an empty prompt', 'ERR_INPUT_PROMPT_EMPTY', ['a.jpg', '--prompt', '', '--out', 'b.mp4']],
    ['a blank prompt', 'ERR_INPUT_PROMPT_EMPTY', ['a.jpg', '--prompt', ' \u200b\n', '--out', 'b.mp4']],
    [
      '5,001 characters',
      'ERR_INPUT_PROMPT_TOO_LONG',
      ['a.jpg', '--prompt', 'x'.repeat(5001), '--out', 'b.mp4'],
    ],
    ['0 seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', '0']],
    ['2.9 seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', '2.9']],
    ['16 seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', '16']],
    ['NaN seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', 'NaN']],
    ['-3 seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', '-3']],
    ['no seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds=']],
    ['infinite seconds', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', 'Infinity']],
    ['seconds in words', 'ERR_INPUT_SECONDS', [...GOOD, '--seconds', 'three']],
    ['360p', 'ERR_INPUT_RESOLUTION', [...GOOD, '--resolution', '360p']],
    ['60 fps', 'ERR_INPUT_FPS', [...GOOD, '--fps', '60']],
    ['2:1', 'ERR_INPUT_ASPECT', [...GOOD, '--aspect', '2:1']],
    ['a negative seed', 'ERR_INPUT_SEED', [...GOOD, '--seed', '-1']],
    ['a seed of 33 bits', 'ERR_INPUT_SEED', [...GOOD, '--seed', '4294967296']],
    ['half a seed', 'ERR_INPUT_SEED', [...GOOD, '--seed', '1.5']],
    ['no pack', 'ERR_INPUT_PACK', [...GOOD, '--pack', '']],
    ['a pack by another protocol', 'ERR_INPUT_PACK', [...GOOD, '--pack', 'ftp://example.org/pack/']],
    ['a pack at what is no address', 'ERR_INPUT_PACK', [...GOOD, '--pack', 'https://']],
    ['a pack with a query', 'ERR_INPUT_PACK', [...GOOD, '--pack', 'https://example.org/pack?x=1']],
    ['a pack with a password', 'ERR_INPUT_PACK', [...GOOD, '--pack', 'https://me:secret@example.org/pack']],
  ])('refuses %s', (_name, code, args) => {
    expect(codeOf(...args)).toBe(code);
  });
});
