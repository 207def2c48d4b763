"""`python3 -I /usr/lib/wppmt/switch install`, `back` or `resume`: by the package, the operator, the boot."""

import sys

from wppmt.deploy.machine import Systemd
from wppmt.deploy.switch import main
from wppmt.deploy.trees import Trees

sys.exit(main(sys.argv[1:], Trees(), Systemd()))
