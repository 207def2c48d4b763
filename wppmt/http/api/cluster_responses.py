"""What answers say of the cluster."""

from __future__ import annotations

from pydantic import Field

from wppmt.http.api.responses import AnswerBody


class ClusterMachine(AnswerBody):
    name: str = Field(examples=["maquina-1"], description="WPP_CLUSTER_MACHINE")
    url: str = Field(
        examples=["https://10.0.0.1:8443"],
        description="por onde os HAProxy do cluster chegam a ela (WPP_CLUSTER_URL)",
    )
    state: str = Field(
        examples=["ok"],
        description="`ok`; não recebe sessões em `stopping` (para), `short` (falta disco ou memória) e `failing` (muitas sessões falham juntas)",
    )
    is_here: bool = Field(examples=[True], description="é a que responde agora")
    is_drained: bool = Field(examples=[False], description="não recebe sessões (wppmt drain)")
    places: int = Field(examples=[50], description="quantas sessões cabem (WPP_MAX_SESSIONS)")
    used: int = Field(examples=[12], description="quantas sessões há")
    version: str = Field(examples=["1.0.0"], description="do wppmt")
    chrome: str = Field(examples=["156.0.8078.79"], description="versão do Chromium; vazio: não encontrado")
    schema_version: int = Field(
        examples=[22], description="do banco: um login só vai a um igual ou mais novo"
    )


class ClusterSession(AnswerBody):
    session_id: str = Field(examples=["cliente-001"])
    machine: str = Field(examples=["maquina-1"], description="de quem é")
    owned: bool = Field(
        examples=[True],
        description="a máquina prova que é dela; `false`: está fora do ar, ou a sessão a caminho",
    )
    epoch: int = Field(examples=[4711], description="cresce a cada vez que uma máquina a assume; 0: ninguém")


class ClusterMove(AnswerBody):
    session_id: str = Field(examples=["cliente-002"])
    from_: str = Field(alias="from", examples=["maquina-1"])
    to: str = Field(examples=["maquina-2"])
    why: str = Field(
        examples=["drain"],
        description="`asked`, `drain`, `balance`, ou `lost`: a máquina caiu, e a sessão volta de um backup",
    )
    refused: str = Field(examples=[""], description="por que não foi; vazio: vai, ou está indo")


class Cluster(AnswerBody):
    enabled: bool = Field(examples=[True], description="`false`: uma máquina só (WPP_CLUSTER_ETCD vazio)")
    machine: str = Field(examples=["maquina-1"], description="a que responde")
    leader: str = Field(examples=["maquina-2"], description="quem distribui as sessões; vazio: ninguém agora")
    frozen: bool = Field(
        examples=[False], description="o etcd não responde: isto pode estar velho, e nada se move"
    )
    failover: bool = Field(examples=[False], description="WPP_CLUSTER_FAILOVER desta máquina")
    free_slots: int = Field(examples=[38], description="vagas nas máquinas que recebem sessões")
    machines: list[ClusterMachine] = Field(description="as que estão no ar, por nome")
    sessions: list[ClusterSession] = Field(description="as que o token alcança")
    moves: list[ClusterMove] = Field(description="as que devem ir a outra máquina")
