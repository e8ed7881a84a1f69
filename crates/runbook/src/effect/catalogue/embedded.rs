//! The catalogue files of the program itself, each read when one of its programs is first met.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::{Program, file};

/// One file of the catalogue.
pub(super) struct Embedded {
    pub(super) path: &'static str,
    /// Names of its programs, so that the file need not be read to know.
    pub(super) names: &'static str,
    pub(super) text: &'static str,
    programs: OnceLock<Vec<Program>>,
}

macro_rules! embedded {
    ($($file:literal: $names:literal,)*) => {
        [$(Embedded {
            path: $file,
            names: $names,
            text: include_str!(concat!("../../../catalogue/", $file)),
            programs: OnceLock::new(),
        },)*]
    };
}

/// All files, in the order of the reference.
#[rustfmt::skip]
pub(super) static FILES: [Embedded; 10] = embedded! {
    "kubernetes.toml": "kubectl oc k kubectx kubens stern k9s kubetail kustomize omc popeye helm argocd flux velero istioctl linkerd cilium calicoctl hubble virtctl kubeadm eksctl kops kind minikube k3s rke rke2 microshift rosa ocm odf openshift-install talosctl crc",
    "databases.toml": "psql pg_dump pg_dumpall pg_restore createdb dropdb dropuser createuser reindexdb clusterdb vacuumlo pgbench pg_basebackup pg_receivewal pg_rewind pg_upgrade pg_createsubscriber pg_repack pgloader barman pgbackrest wal-g vacuumdb pg_ctl pg_ctlcluster pg_isready pg_controldata pg_config pg_waldump pg_lsclusters pg_amcheck pg_checksums pgbadger pg_activity pgcli pgmetrics mycli pg_resetwal pg_archivecleanup pg_dropcluster patronictl repmgr pgpool pcp_attach_node pcp_recovery_node mysql mariadb mysqldump mariadb-dump mysqlcheck mysqlslap mysqlshow mysqlbinlog xtrabackup innobackupex mysqladmin mariadb-admin mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop redis-cli valkey-cli etcdctl etcdutl kafka-topics kafka-topics.sh kafka-consumer-groups kafka-consumer-groups.sh kafka-configs kafka-configs.sh kafka-acls kafka-acls.sh kafka-leader-election kafka-leader-election.sh kafka-preferred-replica-election.sh kafka-reassign-partitions kafka-reassign-partitions.sh kafka-console-producer kafka-console-producer.sh kafka-mirror-maker.sh kafka-delete-records kafka-delete-records.sh kafka-server-start kafka-server-start.sh kafka-server-stop kafka-server-stop.sh kafka-storage.sh kafka-console-consumer kafka-console-consumer.sh kafka-broker-api-versions kafka-broker-api-versions.sh kafka-log-dirs kafka-log-dirs.sh kafka-get-offsets kafka-get-offsets.sh kafka-run-class kafka-run-class.sh kafka-metadata-quorum kafka-metadata-quorum.sh kafka-metadata-shell.sh kafka-dump-log.sh kcat kafkacat zookeeper-shell zookeeper-shell.sh rabbitmqctl rabbitmqadmin rabbitmq-diagnostics rabbitmq-queues rabbitmq-upgrade nodetool cqlsh sqlite3 duckdb clickhouse-client influx cockroach ysqlsh ceph rbd rados radosgw-admin",
    "containers.toml": "docker podman nerdctl docker-compose podman-compose crictl ctr skopeo crane oras cosign trivy grype syft dive hadolint",
    "cloud.toml": "aws awslocal gcloud gsutil bq az doctl hcloud linode-cli ibmcloud openstack heroku flyctl fly cf oci civo scw terraform tofu terragrunt tf pulumi cdk serverless sam",
    "system.toml": "systemctl service rc-service invoke-rc.d sv initctl monit runit supervisorctl pm2 forever nomad launchctl journalctl kill pkill killall skill fuser reboot shutdown poweroff halt init telinit mount umount swapoff sync resize2fs xfs_growfs growpart fstrim lvextend lvcreate vgextend pvcreate vgcreate pvresize lvresize lvrename partprobe rmmod insmod depmod update-initramfs dracut grub-install update-grub grub2-mkconfig setenforce restorecon chcon setsebool update-ca-certificates update-ca-trust ldconfig locale-gen dpkg-reconfigure renice cgset ntpdate ifup dhclient wg-quick setquota xfs_repair hwclock postsuper swapon tune2fs fsck e2fsck mdadm losetup cryptsetup multipath iscsiadm exportfs modprobe hdparm nvme ethtool semanage logrotate udevadm update-alternatives grubby prlimit conntrack ipvsadm ipmitool megacli storcli auditctl quota ulimit keepalived tuned-adm timedatectl hostnamectl localectl loginctl machinectl chronyc firewall-cmd ufw nft ipset pcs crm crm_mon btrfs zfs zpool nmcli tc bridge brctl netplan wg fail2ban-client varnishadm rndc unbound-control ifdown networkctl asterisk postqueue postfix haproxy nginx apachectl apache2ctl httpd apache2 caddy squid openresty traefik envoy named-checkconf named-checkzone sshd lvremove vgremove pvremove wipefs mkfs mkfs.ext4 mkfs.xfs mkswap blkdiscard shred userdel groupdel deluser delgroup fdisk parted sfdisk sgdisk gdisk dd crontab sysctl useradd usermod adduser addgroup groupadd groupmod passwd chpasswd chage gpasswd visudo at batch faillock pam_tally2 htpasswd apt apt-get yum dnf microdnf zypper apk brew snap pacman port choco winget rpm-ostree transactional-update subscription-manager add-apt-repository aptitude flatpak apt-cache apt-file dpkg-query lsb_release needs-restarting debsums dpkg rpm ps top htop atop iotop iftop nethogs pgrep pidof pstree pmap free uptime vmstat iostat mpstat sar pidstat dstat nmon glances lsblk blkid findmnt lscpu lspci lsusb lsmod modinfo lshw dmidecode lsof uname arch nproc getconf hostid who w last lastb lastlog id groups users whoami logname getent getfacl getfattr getenforce sestatus ausearch aureport sealert getsebool lvs vgs pvs lvdisplay vgdisplay pvdisplay lvscan vgscan pvscan smartctl sensors numastat slabtop gstack pstack bpftrace opensnoop execsnoop biolatency jstack jps jstat jinfo systemd-analyze systemd-cgls systemd-cgtop coredumpctl ldd nm file locale tty cal man info apropos ipcs lslocks lsns chkconfig mailq ntpq ntpstat xfs_info dumpe2fs xfs_db ncdu py-spy nvidia-smi rocm-smi vainfo lsattr cpupower turbostat sosreport mytop innotop goaccess uptimed locate whereis update-mime-database biosnoop tcptop env printenv hostname tmux screen byobu strace ltrace perf date dmesg jmap jcmd gcore gdb kdump ansible ansible-playbook ansible-inventory ansible-galaxy ansible-vault ansible-doc ansible-config puppet chef-client knife salt salt-call salt-key salt-run vagrant virsh qm pct govc VBoxManage multipass lxc incus virt-install qemu-img composer-cli grub2-editenv grub-editenv firewall-offline-cmd sos",
    "files.toml": "cat zcat bzcat xzcat zstdcat zless zmore less more head tail ls ll dir stat du df wc cut tr nl od hexdump strings column comm paste join fold fmt expand rev tac cmp diff colordiff zdiff grep egrep fgrep zgrep ag ack pcregrep basename dirname realpath readlink which pwd seq numfmt factor md5sum sha1sum sha256sum sha512sum cksum shasum b2sum base64 base32 jq gron csvcut mlr bc expr printf echo test [ [[ lz4cat bat hcl2json yamllint jsonlint shellcheck envsubst gojq dasel fx jwt uuidgen pwgen jsonnet tput clear pbcopy pbpaste xclip pv ts yes figlet cowsay shuf xmllint iconv tree sdiff rg dos2unix unix2dos sponge mktemp xxd yq xmlstarlet uniq sort sed awk gawk mawk nawk find fd fdfind rm rmdir unlink srm truncate fallocate mkdir touch cp ln install ditto mv rename chmod chown chgrp setfacl chattr tee tar bsdtar unzip zipinfo 7z unrar gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd pigz lz4 zip vi vim nano emacs pico ed code vipw sudoedit view micro nvim open xdg-open explorer start split csplit patch gpg gpg2 age sops rsync rclone mc s3cmd restic borg duplicity azcopy kopia",
    "network.toml": "curl wget http https xh hey wrk vegeta k6 siege ab iperf iperf3 locust amtool promtool logcli mimirtool cortextool lokitool thanos grafana-cli grpcurl httpstat speedtest websocat wscat ping ping6 fping arping traceroute traceroute6 tracepath mtr dig host nslookup drill kdig delv whois netstat telnet ngrep ssh-keyscan sslscan testssl.sh arp-scan geoiplookup ipcalc sipcalc ldapsearch snmpwalk snmpget showmount rpcinfo nfsstat smbclient swaks dnstracer nc ncat netcat socat nmap resolvectl systemd-resolve tcpdump tshark ss ip ifconfig route arp ethtool-show iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore ebtables ssh scp sftp ssh-add ssh-agent tsh tailscale telepresence teleport sshuttle ssh-keygen ssh-copy-id openssl certbot letsencrypt acme.sh lego cmctl kubectl-cert_manager keytool certutil step mkcert cfssl ovs-vsctl ovs-ofctl ovs-appctl ovn-nbctl ovn-sbctl ovn-appctl ovs-dpctl",
    "secrets.toml": "vault bao consul stripe op pass bw lpass chamber doppler infisical pd pagerduty opsgenie sentry-cli datadog-ci newrelic dog slack allclear",
    "code.toml": "git gh glab hub npm yarn pnpm bun pip pip3 pipx poetry uv conda mamba gem bundle bundler composer cargo go mvn gradle gradlew dotnet mix rustup nvm pyenv rbenv asdf virtualenv pipenv sdk mise direnv volta rails bin-rails manage.py artisan flask django-admin python python3 python2 py ruby perl node php java irb pry lua ghci iex scala deno Rscript julia erl groovy osascript make just task ninja cmake bazel rake invoke fab ant grunt gulp npx bunx tox nox pre-commit cap capistrano thor dagger earthly tilt skaffold jenkins-cli drone fastlane act buildkite-agent",
    "shell.toml": ": true false cd pushd popd dirs export unset set shopt declare typeset local readonly let shift read readarray mapfile exit return break continue wait jobs fg bg disown sleep history type hash alias unalias umask getopts caller times logout help command builtin time usleep setopt rehash stty trap eval source . fc bash sh zsh ash dash ksh fish sudo doas chroot nsenter su runuser nohup exec setsid unbuffer nice ionice stdbuf chrt taskset timeout flock xargs watch parallel",
};

static INDEX: LazyLock<BTreeMap<&'static str, &'static Embedded>> = LazyLock::new(|| {
    FILES.iter().flat_map(|file| file.names.split_whitespace().map(move |name| (name, file))).collect()
});

impl Embedded {
    /// The programs of the file.
    pub(super) fn programs(&self) -> &[Program] {
        self.programs.get_or_init(|| {
            file::read(self.path, self.text).expect("every file of the catalogue is read by the tests of this crate")
        })
    }
}

/// What the files say about the program of this name.
pub(super) fn program(name: &str) -> Option<&'static Program> {
    let programs = INDEX.get(name)?.programs();
    programs.iter().find(|program| program.names.iter().any(|it| it == name))
}
