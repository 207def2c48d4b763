#!/bin/sh
# O que roda no container, abaixo do PID 1 (tini). Se o serviço cai, só ele volta: os Chromes ficam, e o serviço seguinte os adota sem
# desconectar ninguém. Se o container acabasse com o serviço, todos os Chromes morreriam sem gravar o login.
set -u

# Um serviço que acaba antes disso, sem ter sido morto, recusou o início (a razão está no log): quem decide o que fazer é o Docker.
settled_seconds=10
stopping=
service=

# O serviço encerra cada Chrome em ordem: até 75 s (stop_grace_period).
trap 'stopping=yes; [ -z "$service" ] || kill -TERM "$service" 2>/dev/null' TERM INT

while [ -z "$stopping" ]; do
    began=$(date +%s)
    wppmt serve &
    service=$!
    # Um que veio entre as duas linhas acima.
    [ -z "$stopping" ] || kill -TERM "$service"
    # Um sinal interrompe a espera, e não o serviço.
    while
        wait "$service"
        status=$?
        kill -0 "$service" 2>/dev/null
    do :; done
    service=
    lasted=$(($(date +%s) - began))
    [ -z "$stopping" ] || exit "$status"
    if [ "$status" -ne 0 ] && [ "$status" -le 128 ] && [ "$lasted" -lt "$settled_seconds" ]; then
        exit "$status"
    fi
    echo "start.sh: o serviço acabou (código $status, depois de $lasted s) e é iniciado de novo" >&2
    sleep 1
done
