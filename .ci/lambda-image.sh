#!/usr/bin/env bash
# Gets AWS's Lambda image of Python 3.13 unless it is there, or where no container registry is reached makes a stand-in
# under its name: this machine's Python and C library, and what is in requirements/lambda.txt. It is not Amazon Linux.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

lambda=.local/env/lambda
version=3.13
case $(uname -m) in
    x86_64) architecture=x86_64 platform=linux/amd64 ;;
    *) architecture=arm64 platform=linux/arm64 ;;
esac
image=public.ecr.aws/lambda/python:$version-$architecture
docker image inspect "$image" >/dev/null 2>&1 && exit
timeout 300 docker pull --quiet "$image" 2>/dev/null && exit

local/bootstrap.sh lambda
python=$($lambda/bin/python -c 'import sys; print(sys.base_prefix)')
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root"/{etc/ssl/certs,lib,lib64,opt,usr/bin,var/{lang,rapid,runtime,task}}
mkdir -m 1777 "$root/tmp"

# Python without what a function never uses, nor anything installed beside it.
mkdir "$root"/var/lang/{bin,lib}
cp -L "$python/bin/python$version" "$root/var/lang/bin"
find "$python/lib" -maxdepth 1 -name 'libpython*.so*' -exec cp -P -t "$root/var/lang/lib" {} +
tar -C "$python/lib" -cf - --exclude='site-packages' --exclude='test' --exclude='config-*' --exclude='idlelib' \
    --exclude='tkinter' --exclude='ensurepip' --exclude='turtledemo' --exclude='*.opt-?.pyc' "python$version" |
    tar -C "$root/var/lang/lib" -xf -
cp -r $lambda/lib/python$version/site-packages/. "$root/var/runtime"

# The shell and tools that SAM's own Dockerfile calls.
for tool in sh mv chmod cp rm mkdir; do cp -L "$(command -v $tool)" "$root/usr/bin"; done
ln -s usr/bin "$root/bin"

# The shared libraries of all that, and those that a layer's wheels may ask the system for.
{
    find "$root"/usr/bin/* "$root"/var/lang/bin/* "$root/var/lang/lib" -type f \( -path '*/bin/*' -o -name '*.so*' \) -print0 |
        LD_LIBRARY_PATH=$root/var/lang/lib xargs -0 ldd 2>/dev/null | sed -nE 's|^\s*([^ ]+ => )?(/[^ ]+) \(.*|\2|p'
    ldconfig -p | sed -nE 's/^\t(libgcc_s|libstdc\+\+|libdl|libpthread|librt|libresolv|libnss_(files|dns))\.so.* => //p'
} | grep -v "^$root" | sort -u | while read -r library; do cp -L --parents "$library" "$root"; done

cp $lambda/lib/python$version/site-packages/botocore/cacert.pem "$root/etc/ssl/certs/ca-certificates.crt"
ln -s certs/ca-certificates.crt "$root/etc/ssl/cert.pem"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"

cat >"$root/var/runtime/bootstrap" <<'SCRIPT'
#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python3.13
export PYTHONPATH=/var/task:/opt/python/lib/python3.13/site-packages:/opt/python:/var/runtime
exec /var/lang/bin/python3.13 -P -m awslambdaric "$_HANDLER"
SCRIPT
chmod 755 "$root/var/runtime/bootstrap"

tar -C "$root" --numeric-owner --owner=0 --group=0 -cf - . | docker import --platform $platform \
    -c 'ENV LANG=en_US.UTF-8' -c 'ENV TZ=:UTC' -c 'ENV PATH=/var/lang/bin:/usr/bin:/bin:/opt/bin' \
    -c 'ENV LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime/lib:/var/task/lib:/opt/lib' \
    -c 'ENV LAMBDA_TASK_ROOT=/var/task' -c 'ENV LAMBDA_RUNTIME_DIR=/var/runtime' \
    -c 'WORKDIR /var/task' - "$image" >/dev/null
