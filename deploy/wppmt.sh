#!/bin/sh
# wppmt with the service's settings, for whoever may read them; with WPP_INSTANCE=NAME, those of that instance. What the
# environment says already counts more.
take() {
    [ -r "$1" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            [A-Z]*=*) [ -n "$(printenv "${line%%=*}")" ] || export "$line" ;;
        esac
    done <"$1"
}
if [ -n "$WPP_INSTANCE" ] && [ "$WPP_INSTANCE" != wppmt ]; then
    own=/etc/wppmt/instances/$WPP_INSTANCE.env
    # Never the first instance in the place of one that there is not.
    [ -r "$own" ] || { echo "Erro: a instância $WPP_INSTANCE não existe, ou $own não pode ser lido: sudo -u wppmt" >&2; exit 1; }
    take "$own"
fi
take /etc/wppmt/wppmt.env
exec /opt/wppmt/current/bin/wppmt "$@"
