import type { Route } from './events.ts';

/** The address of a place, as a hash: `#/gallery/clip/abc`. */
export function hashOf(route: Route): string {
  switch (route.page) {
    case 'studio':
      return '#/';
    case 'gallery':
      if (route.clipId !== undefined) return `#/gallery/clip/${encodeURIComponent(route.clipId)}`;
      if (route.characterId !== undefined) return `#/gallery/of/${encodeURIComponent(route.characterId)}`;
      return '#/gallery';
    default:
      return `#/${route.page}`;
  }
}

/** The place of an address; the studio for anything unknown. */
export function routeOf(hash: string): Route {
  const [page, kind, id] = hash.replace(/^#\/?/, '').split('/');
  switch (page) {
    case 'gallery': {
      const value = id === undefined || id === '' ? undefined : decode(id);
      if (kind === 'clip' && value !== undefined) return { page: 'gallery', clipId: value };
      if (kind === 'of' && value !== undefined) return { page: 'gallery', characterId: value };
      return { page: 'gallery' };
    }
    case 'packs':
    case 'account':
    case 'privacy':
    case 'hood':
      return { page };
    default:
      return { page: 'studio' };
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
