/** Line icons on a 24 px grid, drawn for Stillwake: path data, stroked 1.75 px with round ends. */
export const ICONS = {
  play: 'M8 5.5v13l10.5-6.5z',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  close: 'M6 6l12 12M18 6L6 18',
  download: 'M12 4v11m0 0l-4.5-4.5M12 15l4.5-4.5M5 19.5h14',
  share: 'M12 15V4m0 0L8 8m4-4l4 4M6 12v6.5a1.5 1.5 0 0 0 1.5 1.5h9a1.5 1.5 0 0 0 1.5-1.5V12',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 11v5M13.5 11v5',
  pencil: 'M5 19l.8-3.6L16 5.2l2.8 2.8L8.6 18.2zM14 7.2l2.8 2.8',
  shuffle:
    'M4 7h3c4 0 5.5 10 9.5 10H20m0 0l-2.5-2.5M20 17l-2.5 2.5M4 17h3c1.6 0 2.8-1.6 3.8-3.6M13 9.8C14 8.2 15.1 7 16.5 7H20m0 0l-2.5-2.5M20 7l-2.5 2.5',
  sliders: 'M4 8h9m4 0h3M4 16h3m4 0h9M15 5.8v4.4M9 13.8v4.4',
  picture: 'M4.5 5.5h15v13h-15zM4.5 15.5l4.5-4.5 4 4 2.5-2.5 4 4M15 9.2h.01',
  shield: 'M12 3.5l7 2.5v5.5c0 4.3-2.9 7.4-7 9-4.1-1.6-7-4.7-7-9V6zM9 12l2.2 2.2L15.2 10',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z',
  contrast: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8h5.5M12 12h8M12 16h5.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 4.5l8.5 15h-17zM12 10v4.5M12 17.2h.01',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8h.01',
  up: 'M12 18V6m0 0l-5 5m5-5l5 5',
  down: 'M12 6v12m0 0l-5-5m5 5l5-5',
  retry: 'M5 12a7 7 0 1 0 2.2-5.1M7.5 3.5v3.8h3.8',
  plus: 'M12 5v14M5 12h14',
  wand: 'M5 19L15 9M17.5 3.5v4M15.5 5.5h4M7 4.5v3M5.5 6h3M19 12.5v3M17.5 14h3',
  points: 'M8 8.5h.01M16 8.5h.01M12 12.5h.01M9 16.5h.01M15 16.5h.01',
  studio: 'M4.5 5h15v10.5h-15zM4.5 19h15M10 8l4.5 2.3L10 12.5z',
  grid: 'M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z',
  box: 'M12 3.5l8 4.2v8.6l-8 4.2-8-4.2V7.7zM4 7.7l8 4.3 8-4.3M12 12v8.5',
  offline:
    'M4 4l16 16M8.5 16.2a5 5 0 0 1 6-.8M5.5 12.8a9.5 9.5 0 0 1 4.5-2.5M18.5 12.8a9.6 9.6 0 0 0-4.3-2.4M2.8 9.2a14 14 0 0 1 4-2.6M21.2 9.2A14 14 0 0 0 11 5.6M12 19.5h.01',
  lock: 'M6.5 11h11v8.5h-11zM8.8 11V8.2a3.2 3.2 0 0 1 6.4 0V11M12 14.5v1.8',
  bell: 'M6.5 16.5h11l-1.3-2V11a4.2 4.2 0 0 0-8.4 0v3.5zM10.5 19.5h3',
} as const;

/** Name of an icon. */
export type IconName = keyof typeof ICONS;

/** Icons that are filled rather than stroked. */
export const FILLED: ReadonlySet<IconName> = new Set<IconName>(['play']);
/** Icons that point along the line of writing and turn round where it runs from the right. */
export const DIRECTIONAL: ReadonlySet<IconName> = new Set<IconName>(['shuffle', 'retry', 'play']);
