# Restoring images in a container. Not built in our CI, which has no Docker.
#   docker build -t adacode .
#   docker build -t adacode \
#       --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 .
#   docker run --rm -v "$PWD:/data" adacode sr /data/a.png -o /data/b.png
FROM python:3.11-slim

# Where PyTorch comes from: the CPU build, or one of the CUDA builds.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

RUN pip install --no-cache-dir torch==2.11.0 torchvision==0.26.0 \
    --index-url "$TORCH_INDEX"
COPY . /src
# MMEngine asks for opencv-python, which needs a desktop's libGL.
RUN pip install --no-cache-dir "/src[onnx,web]" \
    && pip install --no-cache-dir --force-reinstall --no-deps \
       opencv-python-headless \
    && rm -rf /src

EXPOSE 7860
ENTRYPOINT ["adacode"]
CMD ["--help"]
