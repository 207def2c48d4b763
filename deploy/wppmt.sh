#!/bin/sh
# wppmt with the service's settings, for whoever may read them. What the environment says already counts more.
settings=/etc/wppmt/wppmt.env
if [ -r "$settings" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            [A-Z]*=*) [ -n "$(printenv "${line%%=*}")" ] || export "$line" ;;
        esac
    done <"$settings"
fi
exec /opt/wppmt/current/bin/wppmt "$@"
