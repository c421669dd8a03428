import type { Whys } from './en.ts';

export const es: Whys = {
  not_checked: ['No se pudo comprobar porque otra comprobación no se superó.', 'Vea las demás comprobaciones abajo.'],
  altered: [
    'Este archivo no es el que se emitió. Fue modificado, o la prueba pertenece a otro archivo.',
    'Pida el archivo original, tal como lo envió el emisor.',
  ],
  document_missing: [
    'Falta el documento, así que su contenido no se comprobó.',
    'Añada el documento al que pertenece esta prueba.',
  ],
  unreadable: [
    'El archivo no se pudo leer en la forma en que se emitió.',
    'Pida el archivo original. Una captura de pantalla, un escaneo o una copia hecha por otro programa no bastan.',
  ],
  not_in_submission: ['La prueba no conduce a esta credencial.', 'Pida de nuevo el archivo de prueba.'],
  pending: [
    'Se ha presentado, pero la prueba aún no muestra que esté registrada.',
    'Obtenga datos más recientes abajo. Si todavía no los hay, inténtelo más tarde.',
  ],
  signature_wrong: ['La firma no es de la clave que indica.', 'No se fíe. Pregunte directamente al emisor.'],
  issuer_unknown: [
    'Alguien la firmó, pero nada aquí dice que la clave sea del emisor.',
    'Consiga la lista de confianza del emisor por otra vía, como su sitio web oficial, y cárguela en «En quién confío».',
  ],
  issuer_unreadable: [
    'Del documento no se desprende a quién nombra como emisor.',
    'Si tiene una lista de confianza con la clave del emisor, cárguela en «En quién confío»; si no, pregunte al emisor.',
  ],
  issuer_time: [
    'No consta que la clave del emisor fuera válida en ese momento.',
    'Pregunte al emisor si esa clave se usaba entonces.',
  ],
  name_of_another: [
    'La firmó alguien distinto del emisor de quien debería ser.',
    'No se fíe. Pregunte al emisor que se nombra.',
  ],
  home_unknown: [
    'No consta que la clave firme para el registro donde está anotada.',
    'Pregunte al emisor, o actualice «En quién confío».',
  ],
  chain_unknown: [
    'Está registrada en una cadena de la que aquí no se sabe nada.',
    'Cargue en «En quién confío» una lista de confianza que tenga esta cadena.',
  ],
  registry_unknown: [
    'Está anotada en un registro que aquí no se conoce.',
    'Cargue en «En quién confío» una lista de confianza que tenga este registro.',
  ],
  evidence_missing: [
    'A la prueba le faltan los datos que deciden.',
    'Obtenga datos más recientes abajo, o pida una prueba más reciente.',
  ],
  evidence_bad: [
    'Los datos de la prueba no se sostienen.',
    'Obtenga datos más recientes abajo, o pida de nuevo el archivo de prueba.',
  ],
  newer_verifier: [
    'La prueba trae datos de un tipo más nuevo del que lee esta página.',
    'Abra una versión más nueva de esta página.',
  ],
  not_anchored: [
    'En ese momento no estaba en el registro.',
    'Obtenga datos más recientes abajo, o pregunte al emisor.',
  ],
  not_final: [
    'Aquí no se puede saber si la anotación es definitiva.',
    'Obtenga datos más recientes abajo, o actualice «En quién confío».',
  ],
  revoked: ['El emisor la ha retirado.', 'Pregunte al emisor si necesita saber por qué. Puede haber una corregida.'],
  suspended: [
    'El emisor la ha suspendido por ahora.',
    'Pregunte al emisor, o compruebe más tarde con datos más recientes.',
  ],
  retired: ['El emisor había abandonado la clave con la que se firmó.', 'Pida al emisor una credencial nueva.'],
  status_old: [
    'Hace demasiado tiempo que se miró si sigue en vigor.',
    'Obtenga datos más recientes abajo, o pida una prueba más reciente.',
  ],
  status_missing: ['La prueba no muestra si sigue en vigor.', 'Obtenga datos más recientes abajo.'],
  status_future: [
    'Los datos llevan una fecha posterior a ahora.',
    'Revise el reloj de este dispositivo e inténtelo de nuevo.',
  ],
  expired: [
    'Ha caducado.',
    'Pida una más reciente. Si solo importa si entonces era válida, fije abajo una fecha anterior.',
  ],
  not_yet_valid: ['Todavía no está en vigor.', 'Compruébela de nuevo cuando empiece.'],
  dates_unreadable: [
    'No se puede saber sin duda desde o hasta cuándo vale.',
    'Mire las fechas del documento y pregunte al emisor.',
  ],
  recipient_other: [
    'Trata de una persona distinta de la que usted preguntó.',
    'Revise el nombre o la dirección que escribió.',
  ],
  recipient_unknown: [
    'No se puede saber si trata de la persona por la que preguntó.',
    'Pida al titular la dirección en la que recibió la credencial.',
  ],
  test_chain: [
    'Se emitió en una red de ensayo y fuera de los ensayos no vale nada.',
    'Si está haciendo pruebas, permita las redes de ensayo en «En quién confío».',
  ],
  signature_broken: [
    'La firma dentro del documento no es válida.',
    'Pida el archivo original, tal como lo envió el emisor.',
  ],
  signature_absent: ['El documento no tiene firma propia.', 'La prueba se comprueba igualmente.'],
  signature_unsupported: [
    'La firma propia del documento es de un tipo que aquí no se lee.',
    'La prueba se comprueba igualmente.',
  ],
  key_unknown: ['No se dispone de la clave de la firma propia del documento.', 'La prueba se comprueba igualmente.'],
  elsewhere_unknown: [
    'No se dispone de la lista propia del emisor de lo retirado.',
    'La prueba se comprueba igualmente.',
  ],
  not_looked_at: [
    'El programa no pudo examinar este archivo. Eso no dice nada sobre él.',
    'Inténtelo con él solo o con la herramienta de línea de órdenes.',
  ],
  no_proof: [
    'Aquí no hay prueba de este archivo.',
    'Añada su archivo de prueba, cuyo nombre suele acabar en .proof.json.',
  ],
  skipped: [
    'Este archivo no es ni una credencial ni una prueba.',
    'Elija el archivo que recibió como insignia, certificado o prueba.',
  ],
  other: ['No se puede saber.', 'Vea las comprobaciones abajo.'],
};
