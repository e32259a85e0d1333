/** Size of the drawing, in pixels. */
export const ILLUSTRATION_WIDTH = 960;
export const ILLUSTRATION_HEIGHT = 1200;

const SKIN = { light: '#f6c9a4', base: '#eab288', shade: '#cf8a62', deep: '#a8603f' };
const HAIR = { light: '#8a4b34', base: '#5b2a22', dark: '#3a1817' };
const WOOL = { light: '#f2b84b', base: '#e09a2b', shade: '#b46f1c' };

const GRADIENTS = `
  <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#1f5f6b"/><stop offset=".55" stop-color="#4d9a93"/><stop offset="1" stop-color="#9fcfb4"/>
  </linearGradient>
  <radialGradient id="sun" cx=".5" cy=".5" r=".5">
    <stop offset="0" stop-color="#ffe9b8"/><stop offset=".75" stop-color="#ffd58a"/><stop offset="1" stop-color="#fbbf6b"/>
  </radialGradient>
  <linearGradient id="face" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="${SKIN.light}"/><stop offset=".55" stop-color="${SKIN.base}"/><stop offset="1" stop-color="#dc9d73"/>
  </linearGradient>
  <linearGradient id="neck" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="${SKIN.deep}"/><stop offset=".38" stop-color="${SKIN.shade}"/><stop offset="1" stop-color="${SKIN.base}"/>
  </linearGradient>
  <linearGradient id="hair" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="${HAIR.light}"/><stop offset=".45" stop-color="${HAIR.base}"/><stop offset="1" stop-color="${HAIR.dark}"/>
  </linearGradient>
  <linearGradient id="back-hair" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="${HAIR.dark}"/><stop offset="1" stop-color="#4a211d"/>
  </linearGradient>
  <linearGradient id="wool" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="${WOOL.light}"/><stop offset=".6" stop-color="${WOOL.base}"/><stop offset="1" stop-color="${WOOL.shade}"/>
  </linearGradient>
  <radialGradient id="iris" cx=".5" cy=".55" r=".55">
    <stop offset="0" stop-color="#7fb38a"/><stop offset=".62" stop-color="#3f7f63"/><stop offset="1" stop-color="#1d4438"/>
  </radialGradient>
  <linearGradient id="white" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#d9cfc8"/><stop offset=".4" stop-color="#fdfaf6"/><stop offset="1" stop-color="#f3ece6"/>
  </linearGradient>
  <linearGradient id="lip-top" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#c9635a"/><stop offset="1" stop-color="#a8433f"/>
  </linearGradient>
  <linearGradient id="lip-low" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#c65c54"/><stop offset=".45" stop-color="#d9776c"/><stop offset="1" stop-color="#bd5a50"/>
  </linearGradient>
  <filter id="soft4" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="4"/></filter>
  <filter id="soft10" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="10"/></filter>
  <filter id="soft22" x="-80%" y="-80%" width="260%" height="260%"><feGaussianBlur stdDeviation="22"/></filter>`;

const FACE =
  'M322 500C318 380 384 322 480 322S642 380 638 500C637 580 628 640 600 694C572 742 524 776 480 776S388 742 360 694C332 640 323 580 322 500Z';

/** A leaf from its stem at the origin, pointing up. */
function leaf(x: number, y: number, turn: number, size: number, colour: string): string {
  return `<g transform="translate(${x} ${y}) rotate(${turn}) scale(${size})">
    <path d="M0 0C-46 -60 -40 -150 0 -210C40 -150 46 -60 0 0Z" fill="${colour}"/>
    <path d="M0 -6V-186M0 -50L-22 -80M0 -50L22 -80M0 -95L-24 -126M0 -95L24 -126" stroke="#ffffff" stroke-opacity=".16" stroke-width="4" fill="none" stroke-linecap="round"/>
  </g>`;
}

function background(): string {
  return `<rect width="960" height="1200" fill="url(#sky)"/>
  <circle cx="612" cy="430" r="330" fill="url(#sun)" opacity=".92"/>
  <circle cx="612" cy="430" r="392" fill="none" stroke="#ffe3ab" stroke-opacity=".35" stroke-width="3"/>
  <path d="M0 840C160 770 260 800 400 830S760 780 960 860V1200H0Z" fill="#2c7a76" opacity=".65"/>
  <path d="M0 960C200 890 420 930 560 950S840 900 960 960V1200H0Z" fill="#1c5a5f" opacity=".8"/>
  ${leaf(60, 1130, 14, 1.7, '#17514f')}${leaf(130, 1190, -12, 1.9, '#1e6a5c')}${leaf(10, 1000, 38, 1.2, '#2a7c67')}
  ${leaf(905, 1140, -16, 1.8, '#17514f')}${leaf(840, 1200, 10, 1.7, '#1e6a5c')}${leaf(962, 1010, -40, 1.2, '#2a7c67')}`;
}

function backHair(): string {
  return `<path d="M480 236C330 228 256 340 262 500C266 620 214 700 236 812C250 884 318 930 372 916L600 916C660 930 718 880 726 806C744 700 694 620 698 500C704 340 630 228 480 236Z" fill="url(#back-hair)"/>
  <path d="M268 640C252 720 240 770 262 842M300 690C280 770 282 820 306 884M692 640C708 720 720 770 700 842M660 690C680 770 678 820 656 884" stroke="${HAIR.light}" stroke-opacity=".45" stroke-width="7" fill="none" stroke-linecap="round"/>`;
}

function body(): string {
  const ribs = Array.from({ length: 17 }, (_, index) => {
    const x = 364 + index * 14.5;
    return `<path d="M${x} ${886 + 34 * Math.sin(((index + 0.5) / 17) * Math.PI)}q2 18 0 34" stroke="${WOOL.shade}" stroke-opacity=".55" stroke-width="4" stroke-linecap="round" fill="none"/>`;
  }).join('');
  return `<path d="M410 700C412 800 406 850 394 880C398 934 440 962 480 962S562 934 566 880C554 850 548 800 550 700Z" fill="url(#neck)"/>
  <path d="M402 740C430 792 530 792 558 740V800C530 846 430 846 402 800Z" fill="${SKIN.deep}" opacity=".5" filter="url(#soft10)"/>
  <path d="M360 890C250 916 160 950 122 1034C98 1090 88 1150 84 1200H876C872 1150 862 1090 838 1034C800 950 710 916 600 890C580 944 534 970 480 970S380 944 360 890Z" fill="url(#wool)"/>
  <path d="M348 884C376 950 420 984 480 984S584 950 612 884C606 870 594 862 580 866C558 914 524 938 480 938S402 914 380 866C366 862 354 870 348 884Z" fill="${WOOL.light}"/>
  ${ribs}
  <path d="M196 1200C200 1130 214 1080 246 1040M764 1200C760 1130 746 1080 714 1040" stroke="${WOOL.shade}" stroke-width="9" fill="none" stroke-linecap="round" opacity=".7"/>
  <path d="M360 1010C420 1060 540 1060 600 1010M330 1086C420 1136 540 1136 630 1086" stroke="${WOOL.shade}" stroke-opacity=".28" stroke-width="14" fill="none" stroke-linecap="round"/>
  <path d="M150 1040C190 980 260 944 330 926" stroke="#ffe2a0" stroke-opacity=".6" stroke-width="12" fill="none" stroke-linecap="round"/>`;
}

function ear(mirror: boolean): string {
  const at = mirror ? 'translate(960 0) scale(-1 1)' : '';
  return `<g transform="${at}">
    <path d="M330 524C300 506 284 532 292 572C298 606 316 632 338 622Z" fill="${SKIN.base}"/>
    <path d="M322 544C308 540 304 560 310 580C314 594 322 602 330 600" stroke="${SKIN.shade}" stroke-width="6" fill="none" stroke-linecap="round"/>
    <circle cx="318" cy="640" r="11" fill="#ffd166"/><circle cx="315" cy="636" r="4" fill="#fff3cf"/>
  </g>`;
}

function head(): string {
  return `${ear(false)}${ear(true)}
  <path d="${FACE}" fill="url(#face)"/>
  <clipPath id="in-face"><path d="${FACE}"/></clipPath>
  <g clip-path="url(#in-face)">
    <path d="M660 400C640 560 640 660 560 790L700 790V380Z" fill="${SKIN.shade}" opacity=".42" filter="url(#soft22)"/>
    <path d="M300 330H660V430C600 386 540 380 480 402C420 380 360 386 300 430Z" fill="${SKIN.deep}" opacity=".5" filter="url(#soft22)"/>
    <ellipse cx="386" cy="640" rx="56" ry="36" fill="#e8735f" opacity=".4" filter="url(#soft22)"/>
    <ellipse cx="574" cy="640" rx="56" ry="36" fill="#e8735f" opacity=".4" filter="url(#soft22)"/>
    <path d="M420 772C450 744 510 744 540 772V800H420Z" fill="${SKIN.shade}" opacity=".45" filter="url(#soft10)"/>
    <ellipse cx="480" cy="738" rx="34" ry="16" fill="#ffdcb9" opacity=".5" filter="url(#soft10)"/>
    <ellipse cx="450" cy="450" rx="70" ry="34" fill="#ffe2c6" opacity=".55" filter="url(#soft22)"/>
  </g>`;
}

/** One eye about x = 402; the other is its mirror image, but for the light in it. */
function eye(mirror: boolean): string {
  const shine = mirror ? 411 : 393;
  return `<g transform="${mirror ? 'translate(960 0) scale(-1 1)' : ''}">
    <ellipse cx="402" cy="548" rx="60" ry="38" fill="${SKIN.shade}" opacity=".38" filter="url(#soft10)"/>
    <clipPath id="eye-${mirror ? 'b' : 'a'}"><path d="M358 556C370 532 388 524 404 524C424 524 440 536 448 558C434 572 418 577 402 577C384 577 368 570 358 556Z"/></clipPath>
    <g clip-path="url(#eye-${mirror ? 'b' : 'a'})">
      <rect x="350" y="515" width="106" height="70" fill="url(#white)"/>
      <circle cx="403" cy="550" r="25" fill="url(#iris)"/>
      <circle cx="403" cy="550" r="25" fill="none" stroke="#16352c" stroke-width="2.5"/>
      <circle cx="403" cy="550" r="11" fill="#0e1714"/>
      <path d="M352 540C370 522 430 520 452 548V512H352Z" fill="#6d4535" opacity=".35" filter="url(#soft4)"/>
      <circle cx="${shine}" cy="541" r="6.5" fill="#ffffff"/><circle cx="${804 - shine + 2}" cy="559" r="3" fill="#ffffff" opacity=".7"/>
      <path d="M440 552q6 2 8 6q-6 5 -12 5z" fill="#e59a86"/>
    </g>
    <path d="M348 562C360 532 382 519 405 519C428 519 444 534 450 558C440 540 424 530 405 530C386 530 370 538 348 562Z" fill="#2b1512"/>
    <path d="M352 554L340 549M357 545L346 537M365 536L356 526" stroke="#2b1512" stroke-width="4" stroke-linecap="round"/>
    <path d="M366 566C380 580 420 584 438 568" stroke="${SKIN.deep}" stroke-width="3.5" fill="none" stroke-linecap="round" opacity=".75"/>
    <path d="M364 520C380 506 422 502 444 524" stroke="${SKIN.deep}" stroke-width="4" fill="none" stroke-linecap="round" opacity=".7"/>
    <path d="M340 496C360 470 404 462 452 480C454 488 452 494 446 496C408 484 370 488 344 502C338 504 336 500 340 496Z" fill="${HAIR.base}"/>
  </g>`;
}

function nose(): string {
  return `<path d="M468 520C462 566 452 604 446 630C454 652 506 652 514 630C508 604 500 566 492 520Z" fill="${SKIN.shade}" opacity=".22" filter="url(#soft10)"/>
  <path d="M500 540C502 580 510 606 516 626" stroke="${SKIN.shade}" stroke-width="6" fill="none" stroke-linecap="round" opacity=".55" filter="url(#soft4)"/>
  <ellipse cx="476" cy="618" rx="15" ry="12" fill="#ffe0c4" opacity=".8" filter="url(#soft4)"/>
  <path d="M472 540C470 570 468 590 470 604" stroke="#ffe4cb" stroke-width="9" stroke-linecap="round" fill="none" opacity=".6" filter="url(#soft4)"/>
  <path d="M444 634C440 622 446 612 452 610M516 634C520 622 514 612 508 610" stroke="${SKIN.deep}" stroke-width="4" stroke-linecap="round" fill="none" opacity=".7"/>
  <path d="M454 640C460 632 468 636 472 641C477 645 483 645 488 641C492 636 500 632 506 640" stroke="${SKIN.deep}" stroke-width="5" stroke-linecap="round" fill="none"/>`;
}

function mouth(): string {
  return `<path d="M440 732C462 748 498 748 520 732" stroke="${SKIN.deep}" stroke-width="8" fill="none" stroke-linecap="round" opacity=".3" filter="url(#soft4)"/>
  <path d="M418 687C444 680 462 676 470 677C474 678 477 680 480 680S486 678 490 677C498 676 516 680 542 687C516 702 498 702 480 702S444 702 418 687Z" fill="url(#lip-top)"/>
  <path d="M418 687C444 698 462 700 480 700S516 698 542 687C528 717 504 728 480 728S432 717 418 687Z" fill="url(#lip-low)"/>
  <path d="M416 685C436 697 462 701 480 701S524 697 544 685" stroke="#6d2524" stroke-width="4.5" fill="none" stroke-linecap="round"/>
  <ellipse cx="474" cy="714" rx="22" ry="5" fill="#ffc9bb" opacity=".6" filter="url(#soft4)"/>
  <path d="M408 678C412 684 414 689 411 695M552 678C548 684 546 689 549 695" stroke="${SKIN.deep}" stroke-width="4" fill="none" stroke-linecap="round" opacity=".45"/>`;
}

function frontHair(): string {
  return `<path d="M480 226C322 220 258 330 268 480C274 560 262 620 276 690C296 640 300 596 312 552C324 500 348 452 408 410C470 368 520 372 566 398C620 430 640 490 648 552C656 604 668 648 688 694C698 620 688 560 694 480C702 326 638 232 480 226Z" fill="url(#hair)"/>
  <path d="M566 398C540 350 470 330 416 344C360 360 322 410 306 470" stroke="${HAIR.light}" stroke-opacity=".75" stroke-width="9" fill="none" stroke-linecap="round"/>
  <path d="M548 356C500 306 420 296 362 340M600 384C650 430 664 500 668 590M300 500C292 560 290 600 286 640M530 286C450 256 370 276 326 336M620 340C670 390 682 460 680 540" stroke="#a8654a" stroke-opacity=".4" stroke-width="7" fill="none" stroke-linecap="round"/>
  <path d="M408 410C450 372 520 350 566 398" stroke="${HAIR.dark}" stroke-width="6" fill="none" stroke-linecap="round" opacity=".55"/>
  <g transform="translate(652 378) rotate(24)">
    ${[0, 72, 144, 216, 288].map((turn) => `<ellipse cx="0" cy="-24" rx="16" ry="22" transform="rotate(${turn})" fill="#fff4e6"/>`).join('')}
    ${[0, 72, 144, 216, 288].map((turn) => `<path d="M0 -8V-26" transform="rotate(${turn})" stroke="#f3b6a0" stroke-width="4" stroke-linecap="round"/>`).join('')}
    <circle r="11" fill="#f2b84b"/><circle cx="-3" cy="-3" r="4" fill="#ffe2a0"/>
  </g>`;
}

/**
 * The illustrated sample: a friendly woman in a yellow jumper, drawn by this project.
 *
 * @returns SVG text of {@link ILLUSTRATION_WIDTH} × {@link ILLUSTRATION_HEIGHT}
 */
export function illustrationSvg(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${ILLUSTRATION_WIDTH}" height="${ILLUSTRATION_HEIGHT}" viewBox="0 0 960 1200">
  <defs>${GRADIENTS}</defs>
  ${background()}${backHair()}${body()}${head()}${eye(false)}${eye(true)}${nose()}${mouth()}${frontHair()}
</svg>`;
}
