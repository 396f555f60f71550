//! Spanish.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    language: "es",
    help: "Encuentro imágenes por lo que muestran, con CLIP.\n\nEnvía /query y unas palabras, por ejemplo:\n\
           /query {query}\n\nEn este chat bastan las palabras solas. Recibirás hasta {count} imágenes.",
    try_button: "Probar: {query}",
    example: "un autobús rojo de noche",
    query_needed: "¿Qué busco? Envía /query y unas palabras, por ejemplo: /query {query}",
    query_hint: "un autobús rojo de noche",
    query_too_long: "Es demasiado largo: usa como máximo {limit} caracteres.",
    words_only: "Busco por palabras: envíame unas cuantas, por ejemplo: {query}",
    private_bot: "Este bot es privado. Su dueño puede darte acceso; tu identificador es {id}.",
    slow_down: "Eso fue mucho de una vez. Acepto la próxima búsqueda en {seconds} s.",
    searching: "Buscando «{query}»…",
    waking: "El buscador dormía y está despertando. Tardará uno o dos minutos; \
             las imágenes de «{query}» llegarán solas.",
    still_asleep: "El buscador no despertó a tiempo. Prueba «{query}» más tarde.",
    found: "{pictures} de «{query}» · {seconds} s",
    one_picture: "1 imagen",
    many_pictures: "{count} imágenes",
    one_link: "1 enlace",
    many_links: "{count} enlaces",
    and: " y ",
    links: "Estas no se pudieron enviar como imágenes:",
    withheld: "No se pudieron enviar las imágenes de «{query}».",
    nothing: "No hay nada para «{query}».",
    busy: "Hay demasiadas búsquedas ahora mismo. Prueba «{query}» de nuevo en un minuto.",
    unavailable: "El buscador no está disponible ahora. Prueba «{query}» más tarde.",
    slow: "La búsqueda tardó demasiado. Prueba «{query}» de nuevo.",
    refused: "El buscador no acepta «{query}». Prueba con otras palabras.",
    internal: "Algo falló aquí. Prueba «{query}» de nuevo.",
    retry_button: "Reintentar",
    again_button: "Otra vez",
    expired: "Ya no sé para qué era ese botón. Envía /query de nuevo.",
    query_command: "Buscar imágenes: /query un autobús rojo de noche",
    help_command: "Qué hace este bot",
};
