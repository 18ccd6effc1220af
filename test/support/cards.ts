/** vCards in the manner of the address books that export them, written for the tests. */

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`

/** A file, whose characters are bytes where they are no Unicode text. */
const bytes = (text: string) => Buffer.from(text, 'latin1')

/** 3.0: groups, types in lower case, a year that is none, a picture in folded lines, no UID. */
export const IOS = Buffer.from(
  lines(
    'BEGIN:VCARD',
    'VERSION:3.0',
    'PRODID:-//Apple Inc.//iPhone OS 17.5//EN',
    'N:Organa;Leia;Amidala;Princess;',
    'FN:Princess Leia Amidala Organa',
    'ORG:Rebel Alliance;Command',
    'item1.EMAIL;type=INTERNET;type=HOME:leia@home.example',
    'EMAIL;type=INTERNET;type=WORK;type=pref:leia@alliance.example',
    'TEL;type=CELL;type=VOICE;type=pref:+47 22 33 44 55',
    'TEL;type=HOME;type=VOICE:(555) 123-4567',
    'item2.ADR;type=HOME;type=pref:;;Royal Palace\\n1st floor;Aldera;;12345;Alderaan',
    'item2.X-ABADR:us',
    'item3.URL;type=pref:https\\://alliance.example',
    'item3.X-ABLabel:_$!<HomePage>!$_',
    'BDAY;X-APPLE-OMIT-YEAR=1604:1604-10-21',
    'NOTE:Likes: caf, hope\\; and\\nnew lines\\, too',
    'PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEAAUFBQUFBQUFBQUFBQUF',
    ' BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF',
    ' BEGIN:VCARD',
    'END:VCARD',
  ),
)

/** 2.1: quoted-printable with soft line breaks, parameters without names, base64 that ends with an empty line. */
export const ANDROID = Buffer.from(
  lines(
    'BEGIN:VCARD',
    'VERSION:2.1',
    'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=85ngstr=C3=B6m;Bj=C3=B6rn;;;',
    'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Bj=C3=B6rn=20=C3=85ngstr=C3=B6m',
    'TEL;CELL:+46701234567',
    'TEL;HOME;PREF:08-123 456',
    'EMAIL;HOME:bjorn@example.se',
    'ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Storgatan=201=0D=0Auppg=C3=A5ng=20B;Ume=C3=A5;;90325;Sverige',
    'NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=A5=C3=A4=C3=B6=20and=20a=20lo=',
    'ng=20line=2C=20and=0D=0A=',
    'another=20one',
    'BDAY:1975-03-08',
    'X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Bear;1;;;;;;;;;;;;;',
    'PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEB',
    ' AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB',
    '',
    'END:VCARD',
  ),
)

/** 3.0: folded lines, escaped commas, no UID, types of its own. */
export const GOOGLE = Buffer.from(
  lines(
    'BEGIN:VCARD',
    'VERSION:3.0',
    'FN:Obi-Wan Kenobi',
    'N:Kenobi;Obi-Wan;;;',
    'EMAIL;TYPE=INTERNET;TYPE=HOME:ben@tatooine.example',
    'item1.EMAIL;TYPE=INTERNET:obiwan@jedi.example',
    'item1.X-ABLabel:',
    'TEL:5551234567',
    'ADR;TYPE=HOME:;;Cave 7;Jundland Wastes;;;Tatooine;Cave 7\\nJundland Wastes\\nTat',
    ' ooine',
    'BDAY:--0504',
    'NOTE:This is a long note\\, which is folded in the middle of a wo',
    ' rd.',
    'CATEGORIES:myContacts,starred',
    'END:VCARD',
  ),
)

/** 2.1 of Windows: its own character set, with a name for it or without, and the picture unindented. */
export const OUTLOOK = bytes(
  lines(
    'BEGIN:VCARD',
    'VERSION:2.1',
    'N;LANGUAGE=de;CHARSET=Windows-1252:M\xfcller;J\xfcrgen;;Dr.',
    'FN;CHARSET=Windows-1252:Dr. J\xfcrgen M\xfcller',
    'ORG:Caf\xe9 \x80uro GmbH;Einkauf',
    'TEL;WORK;VOICE:+49 (30) 1234-5',
    'ADR;WORK;PREF;CHARSET=iso-8859-1;ENCODING=QUOTED-PRINTABLE:;;Stra=DFe 1;K=F6ln;;50667;Deutschland',
    'LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Stra=DFe 1=0D=0A=',
    '50667 K=F6ln',
    'X-MS-OL-DEFAULT-POSTAL-ADDRESS:2',
    'BDAY:19700101',
    'EMAIL;PREF;INTERNET:juergen@example.de',
    'NOTE:na\xefve \x93quotes\x94',
    'PHOTO;TYPE=JPEG;ENCODING=BASE64:',
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB',
    'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==',
    '',
    'X-MS-OL-DESIGN;CHARSET=utf-8:<card xmlns="http://schemas.microsoft.com/office/outlook/12/electronicbusinesscards" ver="1.0"/>',
    'REV:20260102T030405Z',
    'END:VCARD',
  ),
)

/** 4.0, with an order of preference and links for values. */
export const VERSION_4 = Buffer.from(
  lines(
    'BEGIN:VCARD',
    'VERSION:4.0',
    'KIND:individual',
    'UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1',
    'FN:Han Solo',
    'N:Solo;Han;;;',
    'EMAIL;PREF=2:han@falcon.example',
    'EMAIL;PREF=1;TYPE="work,home":mailto:solo@falcon.example',
    'TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555-555-5555',
    'ADR;LABEL="Docking Bay 94: Mos Eisley";TYPE=home:;;Docking Bay 94;Mos Eisley;;;Tatooine',
    'BDAY:19420713T120000Z',
    'PHOTO:data:image/jpeg;base64,MIICajCCAdOgAwIBAgICBEUwDQYJKoZIhvcNAQEEBQAw',
    'END:VCARD',
  ),
)

/** One organization, as address books mark them, and one card with nothing but a formatted name. */
export const WITHOUT_NAMES = Buffer.from(
  lines(
    'BEGIN:VCARD',
    'VERSION:3.0',
    'N:;;;;',
    'FN:Sienar Fleet Systems',
    'ORG:Sienar Fleet Systems;',
    'X-ABShowAs:COMPANY',
    'END:VCARD',
    'BEGIN:VCARD',
    'VERSION:3.0',
    'FN:Chewbacca',
    'END:VCARD',
  ),
)

/** A file of so many cards, each with a picture of so many bytes. */
export function manyCards(
  count: number,
  pictureBytes = 0,
  uid = (n: number): string | undefined => `card-${n}`,
): Buffer<ArrayBuffer> {
  const picture = Buffer.alloc(pictureBytes, 'A').toString()
  const cards = Array.from({ length: count }, (_, n) =>
    lines(
      'BEGIN:VCARD',
      'VERSION:3.0',
      ...(uid(n) === undefined ? [] : [`UID:${uid(n)}`]),
      `N:Trooper;Number ${n};;;`,
      `FN:Number ${n} Trooper`,
      `TEL;TYPE=CELL:+47 ${String(n).padStart(8, '0')}`,
      `EMAIL:trooper${n}@empire.example`,
      'BDAY:1977-05-25',
      ...(picture ? [`PHOTO;ENCODING=b;TYPE=JPEG:${picture}`] : []),
      'END:VCARD',
    ),
  )
  return Buffer.from(cards.join(''))
}
