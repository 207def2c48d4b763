#!/bin/bash
# A autoridade e os certificados de um cluster do wppmt (docs/escala.md). Em uma só máquina, na pasta onde ficarão:
#
#   certificates.sh authority            faz ca.pem e ca.key; ca.key não sai daqui, e só serve para fazer os seguintes
#   certificates.sh machine NOME IP...   faz NOME/: ca.pem, machine.crt, machine.key e machine.pem (os dois juntos, para o HAProxy)
#
# Um certificado por máquina serve às três conversas entre elas: etcd, HAProxy e a mudança de sessões. Vale 825 dias.
set -euo pipefail
umask 077

fail() { echo "Erro: $*" >&2; exit 1; }

# O openssl fala também quando tudo vai bem: o que diz só aparece se algo falha.
quiet() { local said; said=$("$@" 2>&1) || fail "$said"; }

authority() {
    [[ ! -e ca.key ]] || fail "já há uma autoridade aqui: $PWD/ca.key"
    trap 'rm -f ca.key ca.pem' EXIT
    quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=wppmt cluster' \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout ca.key -out ca.pem
    trap - EXIT
}

machine() {
    local name=${1:-}; shift || true
    # As de WPP_CLUSTER_MACHINE.
    [[ $name =~ ^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$ ]] || fail "NOME: até 63 letras, algarismos, - e _; - e _ só no meio"
    (( $# )) || fail "qual é o IP de $name nesta rede?"
    [[ -e ca.key ]] || fail "falta ca.key nesta pasta: certificates.sh authority"
    [[ ! -e $name ]] || fail "$PWD/$name já existe"
    local names="DNS:$name,DNS:localhost,IP:127.0.0.1" one
    for one in "$@"; do
        if [[ $one =~ ^[0-9.]+$|: ]]; then names+=",IP:$one"; else names+=",DNS:$one"; fi
    done
    mkdir "$name"
    # Um certificado pela metade não fica: ocuparia o lugar do da próxima tentativa.
    trap "rm -rf '$name'" EXIT
    cp ca.pem "$name/ca.pem"
    quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
        -keyout "$name/machine.key" -out "$name/request"
    # Das duas pontas: um etcd fala também consigo mesmo, como cliente.
    printf '%s\n' "subjectAltName=$names" extendedKeyUsage=serverAuth,clientAuth basicConstraints=critical,CA:FALSE >"$name/uses"
    quiet openssl x509 -req -in "$name/request" -CA ca.pem -CAkey ca.key -days 825 -extfile "$name/uses" \
        -set_serial "0x$(openssl rand -hex 16)" -out "$name/machine.crt"
    cat "$name/machine.crt" "$name/machine.key" >"$name/machine.pem"
    rm "$name/request" "$name/uses"
    trap - EXIT
}

case ${1:-} in
    authority) authority ;;
    machine) shift; machine "$@" ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
